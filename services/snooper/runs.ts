// What anyone may ask workloads to do.
import { Analytics, type AnalysisResult } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { callOptions, runOptions, type Analysis, type AttackContext, type Place, type Target } from "./attack.ts";
import { unprepared } from "./snooper-error.ts";

/**
 * Runs an analysis to its end.
 *
 * @throws {ConnectError} the error with which the run ended
 */
export const runAnalysis = async (
  context: AttackContext,
  analytics: Place,
  { contract, query }: Analysis,
): Promise<AnalysisResult> => {
  const stream = context.reach(analytics, Analytics).runAnalysis({ contract, query }, runOptions(context));
  let result: AnalysisResult | undefined;
  // To the end of the stream: how the call ended is known only there.
  for await (const { event } of stream) if (event?.event.case === "result") result = event.event.value;
  if (result === undefined)
    throw unprepared(`the run of ${contract}/${query} ended without a result`, { contract, query });
  return result;
};

/**
 * Has a provider open a dataset under a query. It asks the broker of the dataset's owner for the keys, whoever that is.
 *
 * @returns what was got, in words
 * @throws {ConnectError} the refusal
 */
export const openRecords = async (
  context: AttackContext,
  provider: Target,
  { contract, query, dataset }: Analysis & { readonly dataset: string },
): Promise<string> => {
  const { rows, records } = await context
    .reach(provider, DataProvider)
    .openRecords({ contract, query, dataset }, callOptions(context));
  return `${provider.label} opened ${rows} rows and showed ${records.length}`;
};
