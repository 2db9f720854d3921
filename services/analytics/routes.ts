// The RPCs of Analytics, mapped to the domain.
import { queryOf, type AggregateQuery } from "#contract";
import { Analytics, type RunAnalysisRequest } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { connectMesh, findContract, meshService, targetOf, type MeshService, type SignedContract } from "#mesh";
import { analyse, type AnalysisRequest } from "./analysis.ts";
import { AnalyticsError } from "./analytics-error.ts";
import { toEventMessage, toResultMessage } from "./event-message.ts";
import type { Runs } from "./runs.ts";
import type { InputDeps } from "./sealed-inputs.ts";

/** What the routes work with. */
export interface RouteDeps extends InputDeps {
  /** This workload as contracts name it: `woodgrove/analytics`. */
  readonly workload: string;
  readonly runs: Runs;
}

const checkRequest = ({ contract, query, recipientKey, requestId }: RunAnalysisRequest): void => {
  const malformed = (field: string, problem: string) =>
    new AnalyticsError("REQUEST_MALFORMED", `${field} ${problem}`, { field, problem });
  if (contract === "") throw malformed("contract", "is empty");
  if (query === "") throw malformed("query", "is empty");
  if (requestId.length > 64) throw malformed("request_id", `is ${requestId.length} characters, 64 at most`);
  if (recipientKey.length > 0)
    throw new AnalyticsError("RECIPIENT_UNSUPPORTED", "results are not sealed to recipients yet");
};

const lookUp = async (deps: RouteDeps, reference: string, signal: AbortSignal): Promise<SignedContract> => {
  const connections = Object.entries(deps.config.brokers).map(([party, place]) =>
    connectMesh(targetOf(`${party}/broker`, place, deps.identity)),
  );
  try {
    return await findContract(
      connections.map((connection) => connection.client(KeyBroker)),
      reference,
      signal,
    );
  } finally {
    for (const connection of connections) connection.close();
  }
};

/** The aggregate query of this name, if this workload is the one that runs it. */
const ownQuery = (deps: RouteDeps, { contract }: SignedContract, name: string): AggregateQuery => {
  const query = queryOf(contract, name);
  if (query.outputs === undefined || query.run_by !== deps.workload) {
    throw new AnalyticsError("QUERY_UNKNOWN", `${name} is not an analysis that ${deps.workload} runs`, {
      query: name,
      run_by: query.run_by,
    });
  }
  if (query.recipients !== "anyone")
    throw new AnalyticsError("RECIPIENT_UNSUPPORTED", "results are not sealed to recipients yet");
  return query;
};

const requestOf = async (
  deps: RouteDeps,
  request: RunAnalysisRequest,
  signal: AbortSignal,
): Promise<AnalysisRequest> => {
  checkRequest(request);
  const signed = await lookUp(deps, request.contract, signal);
  return { signed, queryName: request.query, query: ownQuery(deps, signed, request.query) };
};

/** The Analytics service. */
export const analyticsService = (deps: RouteDeps): MeshService => {
  const { runs } = deps;
  return meshService(Analytics, {
    async *runAnalysis(request, { signal }) {
      const wanted = await requestOf(deps, request, signal);
      const run = runs.start(request.requestId, (started) => analyse(deps, started, wanted));
      for await (const event of run.follow(0, signal)) yield { event: toEventMessage(run.id, event) };
    },

    async *watchAnalysis(request, { signal }) {
      const run = runs.find(request.run);
      for await (const event of run.follow(Number(request.after), signal))
        yield { event: toEventMessage(run.id, event) };
    },

    async getResult(request, { signal }) {
      const run = runs.find(request.run);
      if (run.state === "running")
        throw new AnalyticsError("RUN_NOT_FINISHED", `run ${run.id} goes on`, { run: run.id });
      // A run that failed throws here what it failed with.
      for await (const _ of run.follow(0, signal));
      const { result } = run;
      if (result === undefined) throw new TypeError("a run that ended well has a result");
      return { result: toResultMessage(result) };
    },

    async cancelAnalysis(request) {
      const run = runs.find(request.run);
      run.cancel(new AnalyticsError("RUN_CANCELLED", `run ${run.id} was cancelled`, { run: run.id }));
      return {};
    },
  });
};
