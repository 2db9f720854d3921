import { toEvidence, toEvidenceMessage } from "#mesh";
import type { Evidence } from "#attestation";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { callOptions, targetsOf, type Attack, type AttackContext, type Target } from "../attack.ts";
import { attemptEach, outcomeOf, type Attempt, type Trial } from "../attempt.ts";
import { askForKeys, EVIDENCE_REFUSALS, ownReleaseClaims, wrappedKeysOf } from "../key-request.ts";
import { knownQueries, queryAt, type KnownQuery } from "../known-queries.ts";
import { readerEvidence } from "../public-evidence.ts";
import { runAnalysis } from "../runs.ts";

/** Result evidence, by the label of the workload that made it. */
const resultEvidence = async (context: AttackContext): Promise<ReadonlyMap<string, Evidence>> => {
  const [analytics] = targetsOf(context, "analytics");
  const [analysis] = context.analyses;
  if (analytics === undefined || analysis === undefined) return new Map();
  const { evidence } = await runAnalysis(context, analytics, analysis);
  return new Map([[analytics.label, toEvidence(evidence)]]);
};

const replays = async (
  context: AttackContext,
  broker: Target,
  { known, runner }: { readonly known: KnownQuery; readonly runner: Target },
  result: Evidence | undefined,
): Promise<readonly Trial[]> => {
  const keys = await wrappedKeysOf(context.storage, broker.party);
  const ask = (evidence: Evidence): Promise<string> =>
    askForKeys(context, broker, { evidence: toEvidenceMessage(evidence), keys });
  const freshReader = async (): Promise<Evidence> => {
    const { nonce } = await context.reach(broker, KeyBroker).createChallenge({}, callOptions(context));
    return readerEvidence(context, runner, nonce);
  };
  const trials: Trial[] = [
    {
      attempt: `keys of ${broker.party} with fresh reader evidence of ${runner.label}, made over the broker's own nonce`,
      fitting: EVIDENCE_REFUSALS.replayed,
      run: async () => ask(await freshReader()),
    },
    {
      attempt: `keys of ${broker.party} with the same evidence and claims of my own in place of its claims`,
      fitting: EVIDENCE_REFUSALS.rebound,
      run: async () => {
        const runtimeClaims = await ownReleaseClaims(context, broker, known);
        return ask({ ...(await freshReader()), runtimeClaims });
      },
    },
  ];
  if (result !== undefined) {
    trials.push({
      attempt: `keys of ${broker.party} with the evidence of a result that ${runner.label} signed`,
      fitting: EVIDENCE_REFUSALS.replayed,
      run: () => ask(result),
    });
  }
  return trials;
};

/** Shows genuine evidence that was made for something else. */
export const replayedEvidence: Attack = {
  id: "replayed-evidence",
  title: "Shows a broker genuine evidence that the workload made for strangers or for a result",
  defence:
    "Evidence is made for one purpose, one verifier, one nonce and one TLS key, and its report is bound to the claims that say so",
  applies: (scene) => targetsOf(scene, "broker").length > 0,
  async *run(context) {
    const queries = await knownQueries(context);
    const results = await resultEvidence(context);
    for (const label of results.keys())
      yield `had ${label} run the analysis, as anyone may, and kept the evidence of the result`;
    const attempts: Attempt[] = [];
    for (const broker of targetsOf(context, "broker")) {
      const at = queryAt(queries, broker, context.targets);
      attempts.push(...(yield* attemptEach(await replays(context, broker, at, results.get(at.runner.label)))));
    }
    return outcomeOf(attempts, "no key; the evidence and the result are for everyone to read");
  },
};
