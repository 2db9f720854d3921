// One owner with sealed data, a second owner who signs with it, a simulated chip, and a CA: what brokers and workloads are made from.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientIdentity } from "#mesh";
import { createSigningKey, type Signer } from "#sealing-node";
import { openSimulatedPki, type SimulatedPki } from "../../services/launcher/host/simulated-pki.ts";
import { createAuthority, type Authority } from "../lib/mesh/authority.ts";
import { makeOwner, type Owner } from "../snooper/small-owner.ts";

/** The parties of the tests; `contoso` is the owner whose broker is tested. */
export interface Scene {
  readonly root: string;
  readonly pki: SimulatedPki;
  readonly authority: Authority;
  readonly contoso: Owner;
  /** Signs contracts and has a key for a broker; its data are never read. */
  readonly fabrikam: Owner;
  /** A key that no contract names. */
  readonly stranger: Signer;
  /** The TLS key of the workload, over all restarts of a broker. */
  readonly workloadTls: ClientIdentity;
  close(): void;
}

export const openScene = async (): Promise<Scene> => {
  const root = mkdtempSync(join(tmpdir(), "sealmesh-broker-"));
  const [pki, authority, contoso] = await Promise.all([
    openSimulatedPki(join(root, "pki")),
    createAuthority("local CA"),
    makeOwner(root, "contoso/employees"),
  ]);
  const home = join(root, "fabrikam");
  const fabrikam: Owner = {
    party: "fabrikam",
    dataset: "fabrikam/customers",
    home,
    signer: createSigningKey(join(home, "owner.pem")),
    brokerSigner: createSigningKey(join(home, "broker.pem")),
    manifest: `sha256:${"7".repeat(64)}`,
  };
  const stranger = createSigningKey(join(root, "stranger.pem"));
  const workloadTls = await authority.issue("analytics.woodgrove.example");
  const close = (): void => rmSync(root, { recursive: true });
  return { root, pki, authority, contoso, fabrikam, stranger, workloadTls, close };
};
