// Two owners with real brokers, an analytics partner and a changed copy of it: on real sockets, without TLS.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cosignContract, partyOf, signContract, toContract, type Contract } from "#contract";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { connectMesh, createMeshServer, type MeshServer, type MeshService } from "#mesh";
import { toHex } from "#sealing";
import { brokerErrors } from "../../services/broker/status.ts";
import { openSimulatedPki } from "../../services/launcher/host/simulated-pki.ts";
import type { Place, Scene, Target } from "../../services/snooper/attack.ts";
import { brokerService, classes, makeOwner, partyEntry, type Owner } from "./small-owner.ts";
import { analyticsServices, passOn, providerServices, workloadEntry } from "./small-workload.ts";

const off = { off: "the tests look at what holds without TLS" } as const;
const ANALYTICS = "woodgrove/analytics";

/** A small mesh, and what the attacker knows of it. */
export interface SmallMesh {
  readonly storage: string;
  /** With an analytics partner. */
  readonly advanced: Scene;
  /** Owners only. */
  readonly demo: Scene;
  /** Serves something else beside it. */
  serve(services: readonly MeshService[]): Promise<Place>;
  close(): Promise<void>;
}

const toTime = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

const contractOf = (
  name: string,
  arkSpkiSha256: Uint8Array,
  { owners, label, queries }: { readonly owners: readonly Owner[]; readonly label: string; readonly queries: unknown },
): Contract =>
  toContract({
    contract: name,
    version: 1,
    simulated_root: `sha256:${toHex(arkSpkiSha256)}`,
    parties: { [partyOf(label)]: {}, ...Object.fromEntries(owners.map((owner) => [owner.party, partyEntry(owner)])) },
    datasets: Object.fromEntries(owners.map(({ dataset, manifest }) => [dataset, { manifest, classes }])),
    workloads: { [label]: workloadEntry(label) },
    queries,
    valid: { from: toTime(Date.now() - 60_000), until: toTime(Date.now() + 3_600_000) },
  });

const analysisOf = (owners: readonly Owner[], ark: Uint8Array): Contract => {
  const cities = {
    run_by: ANALYTICS,
    over: owners.map(({ dataset }) => dataset),
    outputs: [{ name: "cities", group_by: ["city"], measures: ["count"] }],
    privacy: { minimum_group: 3 },
    recipients: "anyone",
  };
  return contractOf("small-analysis", ark, { owners, label: ANALYTICS, queries: { cities } });
};

/** Reads `age` alone: the last column of the file, `city`, is then one that the query does not read. */
const recordsOf = (owner: Owner, ark: Uint8Array): Contract => {
  const label = `${owner.party}/provider`;
  const records = { show: 1, columns: ["age"] };
  const own = { run_by: label, over: [owner.dataset], records, recipients: "anyone" };
  return contractOf(`${owner.party}-own-records`, ark, { owners: [owner], label, queries: { "own-records": own } });
};

export const openSmallMesh = async (): Promise<SmallMesh> => {
  const root = await mkdtemp(join(tmpdir(), "snooper-"));
  const storage = join(root, "storage");
  const pki = await openSimulatedPki(join(root, "host", "pki"));
  const ark = pki.arkSpkiSha256;
  const [contoso, fabrikam] = [await makeOwner(root, "contoso/employees"), await makeOwner(root, "fabrikam/customers")];
  const owners = [contoso, fabrikam];
  const servers: MeshServer[] = [];
  const serve = async (services: readonly MeshService[]): Promise<Place> => {
    const errors = [...brokerErrors, passOn];
    const server = await createMeshServer({ services, errors, tls: off, port: 0, log: () => undefined });
    servers.push(server);
    return { address: `127.0.0.1:${server.port}`, serverName: "localhost" };
  };
  const target = async (label: string, role: Target["role"], services: readonly MeshService[]): Promise<Target> => ({
    ...(await serve(services)),
    label,
    role,
    party: partyOf(label),
  });

  const contract = analysisOf(owners, ark);
  const analysis = await cosignContract(await signContract(contract, contoso.signer), fabrikam.signer);
  const brokers = await Promise.all(
    owners.map(async (owner) => {
      const statements = [analysis, await signContract(recordsOf(owner, ark), owner.signer)];
      return target(`${owner.party}/broker`, "broker", [await brokerService(owner, ark, statements)]);
    }),
  );
  const connections = brokers.map(({ party, ...place }) => ({
    party,
    connection: connectMesh({ ...place, tls: off }),
  }));
  const clients = new Map(connections.map(({ party, connection }) => [party, connection.client(KeyBroker)]));
  const deps = { pki, storage, brokers: clients };
  const providers = await Promise.all(
    owners.map(({ party }) => target(`${party}/provider`, "provider", providerServices(deps, `${party}/provider`))),
  );
  const targets = [...brokers, ...providers];

  return {
    storage,
    advanced: {
      storage,
      targets: [...targets, await target(ANALYTICS, "analytics", analyticsServices(deps, ANALYTICS))],
      analyses: [{ contract: "small-analysis", query: "cities" }],
      contracts: ["small-analysis"],
      changedAnalytics: await serve(analyticsServices(deps, "woodgrove/analytics with a changed comment")),
    },
    demo: { storage, targets, analyses: [], contracts: owners.map(({ party }) => `${party}-own-records`) },
    serve,
    async close() {
      for (const { connection } of connections) connection.close();
      await Promise.all(servers.map((server) => server.close({ graceMs: 100 })));
      await rm(root, { recursive: true });
    },
  };
};
