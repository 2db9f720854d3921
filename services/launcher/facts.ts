// What a contract is filled in with: keys, manifests and measurements of this state folder, written where `sealmesh contract new` reads them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpuModelKey } from "#attestation";
import type { TcbFloor } from "#contract";
import { ed25519KeyOf, fromBase64, manifestDigest, parseEnvelope, parseManifest, toHex } from "#sealing";
import type { CertificateAuthority } from "./certificate-authority.ts";
import { hostDataOf, measurementOf } from "./host/measure.ts";
import type { LaunchDocuments } from "./host/guest.ts";
import { chipKinds, CSP_ID } from "./host/simulated-chip.ts";
import type { Machine } from "./host/simulated-machine.ts";
import type { State } from "./state.ts";
import type { Topology } from "./topology.ts";

/** Public keys of a party, `ed25519:…`. */
export interface PartyKeys {
  readonly owner: string;
  readonly broker: string;
}

/** What a workload of this launch was measured to be. */
export interface MeasuredWorkload {
  readonly hardware: readonly ["simulated"];
  readonly host_data: readonly string[];
  readonly measurement: readonly string[];
  readonly csp_id?: readonly string[];
  readonly minimum_tcb: Readonly<Record<string, TcbFloor>>;
}

/** What was measured, as a contract names it; by `<party>/<role>`. The machine's reported TCB, the lowest it has, becomes the floor. */
export const workloadFacts = (
  { chip, signer, reportedTcb: { bootLoader: boot_loader, ...others } }: Machine,
  workloads: Iterable<readonly [label: string, documents: LaunchDocuments]>,
): Readonly<Record<string, MeasuredWorkload>> => {
  const model = cpuModelKey(chipKinds[chip].cpu);
  return Object.fromEntries(
    [...workloads].map(([label, { policyDocument, measurementDocument }]) => [
      label,
      {
        hardware: ["simulated"] as const,
        host_data: [hostDataOf(policyDocument)],
        measurement: [measurementOf(measurementDocument)],
        ...(signer === "vlek" ? { csp_id: [CSP_ID] } : {}),
        minimum_tcb: { [model]: { boot_loader, ...others } },
      },
    ]),
  );
};

const datasetFacts = async (state: State, dataset: string) => {
  const version = state.datasetVersions(dataset).at(-1) ?? 1;
  const statement = parseEnvelope(readFileSync(join(state.dataset(dataset, version), "manifest.json"), "utf8"));
  const payload = fromBase64(statement.payload);
  const { schema } = parseManifest(payload);
  const names = [...new Set(schema.map((column) => column.class))];
  const classes = Object.fromEntries(
    names.map((name) => [name, schema.filter((column) => column.class === name).map((column) => column.name)]),
  );
  return { manifest: await manifestDigest(payload), classes };
};

/**
 * Writes the facts of a state folder.
 *
 * @param options.workloads what the contract is to accept: measured now, or what an earlier version accepted
 * @returns the file
 */
export const writeFacts = async (options: {
  readonly state: State;
  readonly topology: Topology;
  readonly authority: CertificateAuthority;
  readonly simulatedRoot: Uint8Array;
  readonly keys: ReadonlyMap<string, PartyKeys>;
  readonly workloads: Readonly<Record<string, unknown>>;
}): Promise<string> => {
  const { state, topology, authority, simulatedRoot, keys, workloads } = options;
  const ca = `sha256:${toHex(authority.sha256)}`;
  const parties = Object.fromEntries(
    Object.entries(topology.parties).map(([name, { domain }]) => {
      const own = keys.get(name);
      if (own === undefined) return [name, {}];
      ed25519KeyOf(own.owner); // throws on what is no key
      return [name, { owner_key: own.owner, broker: { url: `https://broker.${domain}`, key: own.broker, ca } }];
    }),
  );
  const datasets: Record<string, unknown> = {};
  for (const [party, { datasets: names }] of Object.entries(topology.parties)) {
    for (const name of Object.keys(names)) datasets[`${party}/${name}`] = await datasetFacts(state, `${party}/${name}`);
  }
  const file = join(state.contracts, "facts.json");
  writeFileSync(
    file,
    `${JSON.stringify({ simulated_root: `sha256:${toHex(simulatedRoot)}`, parties, datasets, workloads }, null, 1)}\n`,
  );
  return file;
};
