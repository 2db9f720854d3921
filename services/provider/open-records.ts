// Opens a dataset inside this TEE under a query of kind `records`. The keys come from the broker of the dataset's owner, if that
// broker finds that this workload is the one that its contract names; this provider does not decide it.
import { randomBytes } from "node:crypto";
import { columnsOf, partyOf, queryOf, type Query } from "#contract";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import {
  brokerTargetOf,
  connectMesh,
  fetchManifest,
  findContract,
  obtainDataKeys,
  openSealedDataset,
  readFromProvider,
  targetOf,
  type Identity,
  type MeshConnection,
  type ReadSealed,
  type SignedContract,
} from "#mesh";
import { createRunKeys, type SecureProcessor } from "#platform";
import { toCells, type Manifest } from "#sealing";
import type { ProviderConfig } from "./config.ts";
import { ProviderError } from "./provider-error.ts";

/** What opening works with. */
export interface RecordsDeps {
  readonly config: ProviderConfig;
  /** Absent when TLS is stripped by configuration. */
  readonly identity: Identity | undefined;
  readonly processor: SecureProcessor;
}

/** What is to be opened. */
export interface RecordsRequest {
  /** The contract: a name or a digest. */
  readonly contract: string;
  readonly query: string;
  /** One of the query's; empty when it has one only. */
  readonly dataset: string;
}

/** Rows as the contract shows them; an empty cell is absent. */
export interface OpenedRecords {
  readonly rows: number;
  readonly records: readonly Readonly<Record<string, string>>[];
}

interface Opening {
  readonly deps: RecordsDeps;
  readonly connect: (...parameters: Parameters<typeof connectMesh>) => MeshConnection;
  readonly signal: AbortSignal;
}

/** The dataset that is meant: named, or the only one. */
const datasetOf = ({ over }: Query, request: RecordsRequest): string => {
  const dataset = request.dataset === "" && over.length === 1 ? over[0] : request.dataset;
  if (dataset === undefined || !over.includes(dataset)) {
    throw new ProviderError(
      "QUERY_UNKNOWN",
      `query ${request.query} is not over ${request.dataset === "" ? "one dataset only" : request.dataset}`,
      {
        query: request.query,
        dataset: request.dataset,
      },
    );
  }
  return dataset;
};

/** The manifest and the sealed bytes, from the provider of the dataset's owner: this one reads its own over the mesh too. */
const sealedSource = async (
  { deps, connect, signal }: Opening,
  { contract }: SignedContract,
  dataset: string,
): Promise<{ readonly manifest: Manifest; readonly read: ReadSealed }> => {
  const owner = partyOf(dataset);
  const digest = contract.datasets[dataset]?.manifest;
  const ownerKey = contract.parties[owner]?.owner_key;
  if (digest === undefined || ownerKey === undefined)
    throw new TypeError(`a parsed contract names ${dataset} and its owner's key`);
  const client = connect(targetOf(`${owner}/provider`, deps.config.providers[owner], deps.identity)).client(
    DataProvider,
  );
  const manifest = await fetchManifest(client, { dataset, digest, ownerKey, signal });
  return {
    manifest,
    read: readFromProvider(client, { peer: `${owner}/provider`, digest, signal, onBytes: () => undefined }),
  };
};

const open = async (opening: Opening, request: RecordsRequest): Promise<OpenedRecords> => {
  const { deps, connect, signal } = opening;
  const brokers = Object.entries(deps.config.brokers).map(([party, place]) =>
    connect(targetOf(`${party}/broker`, place, deps.identity)).client(KeyBroker),
  );
  const signed = await findContract(brokers, request.contract, signal);
  const query = queryOf(signed.contract, request.query);
  const dataset = datasetOf(query, request);
  const owner = partyOf(dataset);
  const { manifest, read } = await sealedSource(opening, signed, dataset);

  const { target, key } = brokerTargetOf(signed.contract, owner, {
    place: deps.config.brokers[owner],
    identity: deps.identity,
  });
  const broker = { client: connect(target).client(KeyBroker), party: owner, key, signal };
  const runKeys = await createRunKeys();
  const context = {
    processor: deps.processor,
    runKeys,
    tlsSpkiSha256: deps.identity?.spkiSha256 ?? null,
    contract: signed.digest,
    query: request.query,
    run: randomBytes(16).toString("hex"),
  };
  try {
    const opened = await openSealedDataset({
      manifest,
      columns: columnsOf(query),
      read,
      obtainKeys: (wanted) => obtainDataKeys(context, broker, wanted),
    });
    try {
      // Whether this workload gets keys is the broker's to say, so it was asked first.
      const { records, recipients } = query;
      if (records === undefined) {
        throw new ProviderError("QUERY_UNKNOWN", `query ${request.query} is not of kind records`, {
          query: request.query,
        });
      }
      if (recipients !== "anyone")
        throw new ProviderError("RECIPIENT_UNSUPPORTED", "results are not sealed to recipients yet");
      const shown: Record<string, string>[] = [];
      for (const rowGroup of opened.rowGroups) {
        if (shown.length >= records.show) break;
        const columns = [...(await rowGroup.read())].map(([name, vector]) => [name, toCells(vector)] as const);
        for (let row = 0; row < rowGroup.rows && shown.length < records.show; row += 1) {
          shown.push(
            Object.fromEntries(
              columns.flatMap(([name, cells]) => (cells[row] === null ? [] : [[name, String(cells[row])]])),
            ),
          );
        }
      }
      return { rows: manifest.rows, records: shown };
    } finally {
      opened.drop();
    }
  } finally {
    runKeys.drop();
  }
};

/**
 * Opens the records of a query.
 *
 * @throws what the broker answered, unchanged; PeerError, SealingError, ProviderError
 */
export const openRecords = async (
  deps: RecordsDeps,
  request: RecordsRequest,
  signal: AbortSignal,
): Promise<OpenedRecords> => {
  const connections: MeshConnection[] = [];
  const connect: Opening["connect"] = (...parameters) => {
    const connection = connectMesh(...parameters);
    connections.push(connection);
    return connection;
  };
  try {
    return await open({ deps, connect, signal }, request);
  } finally {
    for (const connection of connections) connection.close();
  }
};
