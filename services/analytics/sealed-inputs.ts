// The owners' datasets of a query: their providers appraised, their manifests checked, their wanted columns open.
import { columnsOf, partyOf, type AggregateQuery } from "#contract";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import {
  brokerTargetOf,
  connectAppraised,
  connectMesh,
  fetchManifest,
  obtainDataKeys,
  openSealedDataset,
  PeerError,
  readFromProvider,
  revocationPolicy,
  targetOf,
  type Identity,
  type MeshConnection,
  type MeshTarget,
  type OpenDataset,
  type SignedContract,
} from "#mesh";
import type { RunKeys, SecureProcessor } from "#platform";
import type { Manifest } from "#sealing";
import { announceStage } from "./aggregation-progress.ts";
import type { AnalyticsConfig } from "./config.ts";
import type { Run } from "./run.ts";

/** What reaching and opening works with. */
export interface InputDeps {
  readonly config: AnalyticsConfig;
  /** Absent when TLS is stripped by configuration. */
  readonly identity: Identity | undefined;
  readonly processor: SecureProcessor;
  readonly now: () => Date;
}

/** What is asked for, under which contract, in which run. */
export interface InputRequest {
  readonly run: Run;
  readonly signed: SignedContract;
  readonly queryName: string;
  readonly query: AggregateQuery;
  readonly runKeys: RunKeys;
}

/** Hears of sealed bytes as they arrive. */
export interface ByteMeter {
  onBytes: (count: number) => void;
}

/** One owner's dataset, open. */
export interface SealedInput {
  readonly party: string;
  readonly dataset: string;
  /** `sha256:` and 64 hex digits. */
  readonly manifestDigest: string;
  readonly manifest: Manifest;
  readonly open: OpenDataset;
  readonly meter: ByteMeter;
}

/**
 * Appraises a provider and pins its key. That the contract does not want it is handed back and not thrown: whether this workload itself
 * is wanted, the broker says first, and one that is not has no word about others. Nothing is opened with a refused provider's bytes.
 */
const appraiseProvider = async (
  ...[target, options]: Parameters<typeof connectAppraised>
): Promise<{ readonly target: MeshTarget; readonly refusal?: PeerError }> => {
  try {
    return { target: await connectAppraised(target, options) };
  } catch (error) {
    if (error instanceof PeerError && error.code === "PROVIDER_REFUSED") return { target, refusal: error };
    throw error;
  }
};

const openInput = async (
  deps: InputDeps,
  request: InputRequest,
  dataset: string,
  connections: MeshConnection[],
): Promise<SealedInput> => {
  const { run, signed, queryName, query, runKeys } = request;
  const { contract, digest } = signed;
  const { signal } = run;
  const party = partyOf(dataset);
  const named = contract.datasets[dataset];
  const ownerKey = contract.parties[party]?.owner_key;
  if (named === undefined || ownerKey === undefined) {
    throw new TypeError(`a parsed contract names ${dataset} and its owner's key`);
  }

  announceStage(run, "APPRAISING", party);
  const provider = targetOf(`${party}/provider`, deps.config.providers[party], deps.identity);
  const { target: appraised, refusal } = await appraiseProvider(provider, {
    contract,
    workload: `${party}/provider`,
    now: deps.now(),
    revocation: revocationPolicy(deps.config.revocation),
    signal,
  });
  const providerConnection = connectMesh(appraised);
  connections.push(providerConnection);
  const client = providerConnection.client(DataProvider);
  const manifest = await fetchManifest(client, { dataset, digest: named.manifest, ownerKey, signal });

  announceStage(run, "OBTAINING_KEYS", party);
  const { target, key } = brokerTargetOf(contract, party, {
    place: deps.config.brokers[party],
    identity: deps.identity,
  });
  const brokerConnection = connectMesh(target);
  connections.push(brokerConnection);
  const broker = { client: brokerConnection.client(KeyBroker), party, key, signal };
  const context = {
    processor: deps.processor,
    runKeys,
    tlsSpkiSha256: deps.identity?.spkiSha256 ?? null,
    contract: digest,
    query: queryName,
    run: run.id,
  };
  const meter: ByteMeter = { onBytes: () => undefined };
  const open = await openSealedDataset({
    manifest,
    columns: columnsOf(query),
    read: readFromProvider(client, {
      peer: provider.label ?? party,
      digest: named.manifest,
      signal,
      onBytes: (count) => meter.onBytes(count),
    }),
    obtainKeys: async (wanted) => {
      const keys = await obtainDataKeys(context, broker, wanted);
      if (refusal === undefined) return keys;
      for (const key of keys.values()) key.fill(0);
      throw refusal;
    },
  });
  return {
    party,
    dataset,
    manifestDigest: named.manifest,
    manifest,
    open,
    meter,
  };
};

/**
 * Opens all datasets of a query, side by side. When one fails, the others are let go of.
 *
 * @param connections gets every connection that is made; the caller closes them when the run ends
 */
export const openInputs = async (
  deps: InputDeps,
  request: InputRequest,
  connections: MeshConnection[],
): Promise<readonly SealedInput[]> => {
  const opened = await Promise.allSettled(
    request.query.over.map((dataset) => openInput(deps, request, dataset, connections)),
  );
  const failed = opened.find((outcome) => outcome.status === "rejected");
  if (failed === undefined) return opened.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  for (const outcome of opened) if (outcome.status === "fulfilled") outcome.value.open.drop();
  throw failed.reason;
};
