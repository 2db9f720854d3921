// Workloads of a small mesh: on a simulated chip, opening what a query reads with keys that the brokers release, as the real ones do.
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { columnsOf, partyOf, queryOf } from "#contract";
import { Analytics } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { Attestation } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import type { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { PreconditionFailureSchema } from "#gen/google/rpc/error_details_pb.ts";
import {
  detailsOf,
  errorDetail,
  findContract,
  meshService,
  obtainDataKeys,
  openSealedDataset,
  reasonOf,
  RpcError,
  toEvidenceMessage,
  type MeshService,
  type StatusTable,
} from "#mesh";
import { createRunKeys, evidenceFor, readerClaims, resultClaims, type SecureProcessor } from "#platform";
import { fromBase64, parseEnvelope, parseManifest } from "#sealing";
import { partFileName } from "#sealing-node";
import { createGuest } from "../../services/launcher/host/guest.ts";
import type { SimulatedPki } from "../../services/launcher/host/simulated-pki.ts";
import { rows } from "./small-owner.ts";

const documentsOf = (label: string) => ({
  policyDocument: new TextEncoder().encode(`policy of ${label}`),
  measurementDocument: new TextEncoder().encode("measurement"),
});
const digestOf = (algorithm: "sha256" | "sha384", bytes: Uint8Array): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;

/** What a contract says of a workload. */
export const workloadEntry = (label: string) => ({
  hardware: ["simulated"],
  host_data: [digestOf("sha256", documentsOf(label).policyDocument)],
  measurement: [digestOf("sha384", documentsOf(label).measurementDocument)],
  minimum_tcb: { "19-01": { boot_loader: 4, tee: 0, snp: 24, microcode: 219 } },
});

/** A broker's answer goes on to the caller as it is. */
export const passOn: StatusTable = (error) => {
  if (!(error instanceof ConnectError)) return undefined;
  const { reason = "UNKNOWN", domain = "test", metadata = {} } = reasonOf(error) ?? {};
  const details = detailsOf(error, PreconditionFailureSchema).map((value) =>
    errorDetail(PreconditionFailureSchema, value),
  );
  return new RpcError({ status: error.code, reason, domain, metadata, message: error.rawMessage, details });
};

/** A handler of what nobody here calls. */
export const unused = async (): Promise<never> => {
  throw new RpcError({ status: Code.Unimplemented, reason: "UNUSED", message: "not served here" });
};

const processorOf = (pki: SimulatedPki, label: string): SecureProcessor => {
  const guest = createGuest(pki, documentsOf(label));
  return {
    hardwareRoot: "simulated",
    report: async (data) => ({ ...guest, source: "simulated", report: await guest.report(data) }),
    close: () => undefined,
  };
};

/** What a workload is given. */
export interface WorkloadDeps {
  readonly pki: SimulatedPki;
  readonly storage: string;
  /** The brokers by party. */
  readonly brokers: ReadonlyMap<string, Client<typeof KeyBroker>>;
}

/** Opens what a query reads, column by column, and nothing else. */
const openQuery = async (
  { storage, brokers }: WorkloadDeps,
  processor: SecureProcessor,
  asked: { readonly contract: string; readonly query: string; readonly dataset?: string },
  signal: AbortSignal,
) => {
  const { contract, digest } = await findContract([...brokers.values()], asked.contract, signal);
  const query = queryOf(contract, asked.query);
  const keys = await createRunKeys();
  const run = randomBytes(16).toString("hex");
  const context = { tlsSpkiSha256: null, contract: digest, query: asked.query, run };
  for (const dataset of asked.dataset === undefined ? query.over : [asked.dataset]) {
    const folder = join(storage, dataset, "1");
    const party = partyOf(dataset);
    const client = brokers.get(party);
    if (client === undefined) throw new RangeError(`no broker of ${party}`);
    const broker = { client, party, key: contract.parties[party]?.broker?.key ?? "", signal };
    const { payload } = parseEnvelope(await readFile(join(folder, "manifest.json"), "utf8"));
    const opened = await openSealedDataset({
      manifest: parseManifest(fromBase64(payload)),
      columns: columnsOf(query),
      read: async ({ part, offset, length }) =>
        (await readFile(join(folder, partFileName(part)))).subarray(offset, offset + length),
      obtainKeys: (wanted) => obtainDataKeys({ ...context, processor, runKeys: keys }, broker, wanted),
    });
    for (const rowGroup of opened.rowGroups) await rowGroup.read();
    opened.drop();
  }
  const claims = resultClaims({ ...context, keys, resultSha256: new Uint8Array(32) });
  return { isRecords: query.records !== undefined, evidence: toEvidenceMessage(await evidenceFor(processor, claims)) };
};

const attestationOf = (processor: SecureProcessor): MeshService =>
  meshService(Attestation, {
    getEvidence: async ({ nonce }) => ({
      evidence: toEvidenceMessage(await evidenceFor(processor, readerClaims({ nonce, tlsSpkiSha256: null }))),
    }),
  });

/** An analytics service that gives an empty result. */
export const analyticsServices = (deps: WorkloadDeps, label: string): readonly MeshService[] => {
  const processor = processorOf(deps.pki, label);
  const analytics = meshService(Analytics, {
    async *runAnalysis(request, { signal }) {
      const { evidence } = await openQuery(deps, processor, request, signal);
      yield { event: { sequence: 1n, event: { case: "result", value: { document: "{}", evidence } } } };
    },
    async *watchAnalysis() {
      yield await unused();
    },
    getResult: unused,
    cancelAnalysis: unused,
  });
  return [attestationOf(processor), analytics];
};

/** A provider that opens records and shows none of them. */
export const providerServices = (deps: WorkloadDeps, label: string): readonly MeshService[] => {
  const processor = processorOf(deps.pki, label);
  const provider = meshService(DataProvider, {
    listDatasets: unused,
    getManifest: unused,
    async *readSealed() {
      yield await unused();
    },
    async openRecords(request, { signal }) {
      const { isRecords } = await openQuery(deps, processor, request, signal);
      if (!isRecords)
        throw new RpcError({ status: Code.NotFound, reason: "QUERY_UNKNOWN", message: "not of kind records" });
      return { rows: BigInt(rows.length), records: [] };
    },
  });
  return [attestationOf(processor), provider];
};
