// One analysis, from the contract to the signed result. Keys and plaintext are overwritten when it ends, whichever way.
import type { AggregateQuery } from "#contract";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { brokerTargetOf, connectMesh, requireStillInForce, type MeshConnection, type SignedContract } from "#mesh";
import { createRunKeys } from "#platform";
import { announceStage, createAggregationProgress } from "./aggregation-progress.ts";
import { createAggregation, outputSchemas, type AggregateResult } from "./engine/index.ts";
import type { Run } from "./run.ts";
import { openInputs, type InputDeps, type SealedInput } from "./sealed-inputs.ts";
import { signResult } from "./sign-result.ts";

/** What is to be run. */
export interface AnalysisRequest {
  readonly signed: SignedContract;
  readonly queryName: string;
  readonly query: AggregateQuery;
}

/** Reads all row groups of all inputs, the owners side by side, one row group of each in memory at a time. */
const aggregate = async (run: Run, query: AggregateQuery, inputs: readonly SealedInput[]): Promise<AggregateResult> => {
  announceStage(run, "AGGREGATING");
  const aggregation = createAggregation({ query, parties: inputs.map(({ party }) => party), owningRecipients: [] });
  const progress = createAggregationProgress(run, () => performance.now());
  // The first failure stops the others: no result comes of what is left.
  const stopped = new AbortController();
  const meters = inputs.map(({ party, manifest, open }) =>
    progress.party(party, { rows: manifest.rows, bytes: open.rowGroups.reduce((sum, { bytes }) => sum + bytes, 0) }),
  );
  try {
    await Promise.all(
      inputs.map(async ({ party, open, meter }, index) => {
        const counted = meters[index];
        if (counted !== undefined) meter.onBytes = counted.addBytes;
        try {
          for (const rowGroup of open.rowGroups) {
            run.signal.throwIfAborted();
            stopped.signal.throwIfAborted();
            aggregation.addRowGroup(party, rowGroup.rows, await rowGroup.read());
            counted?.addRows(rowGroup.rows);
          }
        } catch (error) {
          stopped.abort(error);
          throw error;
        }
      }),
    );
    run.signal.throwIfAborted();
    return aggregation.finish();
  } finally {
    aggregation.wipe();
  }
};

/** An owner may have ended the contract meanwhile: then there is no result. */
const checkConsentStillHolds = async (
  deps: InputDeps,
  run: Run,
  { contract, digest }: SignedContract,
  inputs: readonly SealedInput[],
): Promise<void> => {
  await Promise.all(
    inputs.map(async ({ party }) => {
      const { target } = brokerTargetOf(contract, party, {
        place: deps.config.brokers[party],
        identity: deps.identity,
      });
      const connection = connectMesh(target);
      try {
        await requireStillInForce({ client: connection.client(KeyBroker), party }, digest, run.signal);
      } finally {
        connection.close();
      }
    }),
  );
};

/**
 * Runs an analysis and emits its events, the signed result last.
 *
 * @throws whatever refused it: the broker's answer, a broken seal, an unreachable party; nothing partial is emitted
 */
export const analyse = async (
  deps: InputDeps,
  run: Run,
  { signed, queryName, query }: AnalysisRequest,
): Promise<void> => {
  const { contract, digest } = signed;
  run.emit({
    kind: "started",
    started: { contract: contract.contract, version: contract.version, digest, query: queryName },
  });
  const runKeys = await createRunKeys();
  const connections: MeshConnection[] = [];
  let inputs: readonly SealedInput[] = [];
  try {
    inputs = await openInputs(deps, { run, signed, queryName, query, runKeys }, connections);
    const computed = await aggregate(run, query, inputs);
    announceStage(run, "SIGNING");
    await checkConsentStillHolds(deps, run, signed, inputs);
    const { document, statement, evidence } = await signResult(
      { type: "result", contract: digest, query: queryName, run: run.id, ...computed },
      {
        manifests: Object.fromEntries(inputs.map(({ dataset, manifestDigest }) => [dataset, manifestDigest])),
        processor: deps.processor,
        runKeys,
        tlsSpkiSha256: deps.identity?.spkiSha256 ?? null,
        now: deps.now(),
      },
    );
    run.emit({ kind: "result", result: { document, statement, evidence, schemas: outputSchemas(query) } });
  } finally {
    for (const { open } of inputs) open.drop();
    for (const connection of connections) connection.close();
    runKeys.drop();
  }
};
