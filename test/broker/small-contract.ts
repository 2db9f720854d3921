// Contracts between the two owners of a scene, whole and right unless a test changes them.
import { createHash } from "node:crypto";
import { contractDigest, contractPayload, cosignContract, signContract, toContract, type Contract } from "#contract";
import { toStatementMessage } from "#mesh";
import { toHex, type Envelope } from "#sealing";
import type { Signer } from "#sealing-node";
import { SERVER_NAME } from "../lib/mesh/authority.ts";
import { classes } from "../snooper/small-owner.ts";
import { caOf, type BrokerUnderTest } from "./broker-under-test.ts";
import type { Scene } from "./scene.ts";

/** The workload that gets the keys. */
export const ANALYTICS = "woodgrove/analytics";

/** What it is measured to be. */
export const documents = {
  policyDocument: new TextEncoder().encode("policy of the analytics"),
  measurementDocument: new TextEncoder().encode("measurement"),
};

/** Its HOST_DATA and MEASUREMENT, in hex. */
export const measured = {
  hostData: createHash("sha256").update(documents.policyDocument).digest("hex"),
  measurement: createHash("sha384").update(documents.measurementDocument).digest("hex"),
};

/** The query of every contract; it reads `city` and nothing else. */
export const QUERY = "cities";

const HOUR_MS = 3_600_000;
const toTime = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** What contracts say of the hardware of a production workload. */
export const milan = {
  hardware: ["Milan"],
  minimum_tcb: { "19-01": { boot_loader: 0, tee: 0, snp: 0, microcode: 0 } },
};

/** What a test may choose of a contract. */
export interface ContractChoices {
  readonly version?: number;
  /** Hours from now. */
  readonly from?: number;
  readonly until?: number;
  /** Instead of Contoso's own. */
  readonly ownerKey?: string;
  readonly broker?: Readonly<Record<string, string>>;
  readonly manifest?: string;
  readonly workload?: Readonly<Record<string, unknown>>;
  /** Undefined leaves it out. */
  readonly simulatedRoot?: string | undefined;
  readonly recipients?: unknown;
}

/** A contract over the data of both owners. */
export const contractOf = (scene: Scene, name: string, choices: ContractChoices = {}): Contract => {
  const { contoso, fabrikam, pki } = scene;
  const { version = 1, from = -1, until = 24, broker = {}, workload = {}, recipients = "anyone" } = choices;
  const root = "simulatedRoot" in choices ? choices.simulatedRoot : `sha256:${toHex(pki.arkSpkiSha256)}`;
  const brokerEntry = { url: `https://${SERVER_NAME}`, key: contoso.brokerSigner.keyId, ca: caOf(scene) };
  return toContract({
    contract: name,
    version,
    ...(root === undefined ? {} : { simulated_root: root }),
    parties: {
      contoso: { owner_key: choices.ownerKey ?? contoso.signer.keyId, broker: { ...brokerEntry, ...broker } },
      fabrikam: {
        owner_key: fabrikam.signer.keyId,
        broker: { ...brokerEntry, url: "https://broker.fabrikam.example", key: fabrikam.brokerSigner.keyId },
      },
      woodgrove: {},
    },
    datasets: {
      [contoso.dataset]: { manifest: choices.manifest ?? contoso.manifest, classes },
      [fabrikam.dataset]: { manifest: fabrikam.manifest, classes },
    },
    workloads: {
      [ANALYTICS]: {
        hardware: ["simulated"],
        host_data: [`sha256:${measured.hostData}`],
        measurement: [`sha384:${measured.measurement}`],
        minimum_tcb: { "19-01": { boot_loader: 4, tee: 0, snp: 24, microcode: 219 } },
        ...workload,
      },
    },
    queries: {
      [QUERY]: {
        run_by: ANALYTICS,
        over: [contoso.dataset, fabrikam.dataset],
        outputs: [{ name: "cities", group_by: ["city"], measures: ["count"] }],
        privacy: { minimum_group: 3 },
        recipients,
      },
    },
    valid: { from: toTime(Date.now() + from * HOUR_MS), until: toTime(Date.now() + until * HOUR_MS) },
  });
};

/** Signs a contract by one after the other. */
export const signedBy = async (contract: Contract, [first, ...others]: readonly [Signer, ...Signer[]]) => {
  let envelope: Envelope = await signContract(contract, first);
  for (const signer of others) envelope = await cosignContract(envelope, signer);
  return envelope;
};

/** Brings a contract that both owners signed to a broker; its digest comes back. */
export const activate = async (broker: BrokerUnderTest, scene: Scene, contract: Contract): Promise<string> => {
  const envelope = await signedBy(contract, [scene.contoso.signer, scene.fabrikam.signer]);
  await broker.stranger.activateContract({ contract: toStatementMessage(envelope) });
  return contractDigest(contractPayload(contract));
};
