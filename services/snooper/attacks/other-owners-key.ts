// Makes one owner's TEE ask for another owner's keys. Where a contract has a query of kind records, the TEE itself asks. Where it has none,
// the TEE's code has no way to ask; then the other owner's broker is asked what it would say to that TEE's genuine evidence.
import { randomBytes } from "node:crypto";
import { ConnectError } from "@connectrpc/connect";
import { partyOf } from "#contract";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { toEvidenceMessage } from "#mesh";
import { callOptions, targetsOf, type Attack, type AttackContext, type Target } from "../attack.ts";
import { attempted, describeAttempt, outcomeOf, type Attempt } from "../attempt.ts";
import { isRefusedForItsCode } from "../host-data.ts";
import { knownQueries, type KnownQuery } from "../known-queries.ts";
import { readerEvidence } from "../public-evidence.ts";
import { refusalOf } from "../refusal.ts";
import { openRecords } from "../runs.ts";

const NONCE_BYTES = 32;

/** A TEE, and another owner's broker that it is to ask. */
interface Pair {
  readonly provider: Target;
  readonly broker: Target;
}

const pairsOf = (scene: Pick<AttackContext, "targets">): readonly Pair[] =>
  targetsOf(scene, "provider").flatMap((provider) =>
    targetsOf(scene, "broker")
      .filter(({ party }) => party !== provider.party)
      .map((broker) => ({ provider, broker })),
  );

const askThroughTee = (context: AttackContext, { provider, broker }: Pair, known: KnownQuery): Promise<Attempt> => {
  const { contract, name, query } = known;
  return attempted({
    attempt: `${provider.label} opens ${query.over.join(" and ")} of ${broker.party} under ${contract.contract}/${name}`,
    // Without a query of kind records the TEE's own code refuses before it asks anyone.
    fitting: query.records === undefined ? ["QUERY_UNKNOWN"] : isRefusedForItsCode,
    run: () => openRecords(context, provider, { contract: contract.contract, query: name }),
  });
};

const askWhatWouldBe = async (
  context: AttackContext,
  { provider, broker }: Pair,
  known: KnownQuery,
): Promise<Attempt> => {
  const { contract, name } = known;
  const attempt = `${broker.label} judges the genuine evidence of ${provider.label} for ${contract.contract}/${name}`;
  try {
    const evidence = await readerEvidence(context, provider, randomBytes(NONCE_BYTES));
    const { policyMet, clauses } = await context
      .reach(broker, KeyBroker)
      .explainRelease(
        { evidence: toEvidenceMessage(evidence), contract: contract.contract, query: name },
        callOptions(context),
      );
    if (policyMet) return { verdict: "succeeded", attempt, gained: "the policy is met by another owner's TEE" };
    const unmet = clauses.filter(({ met }) => !met);
    const refusal = {
      reason: "POLICY_REFUSED",
      explanation: unmet
        .map(({ claim, operator, expected, seen }) => `${claim} ${operator} ${expected}, seen ${seen ?? "nothing"}`)
        .join("; "),
    };
    return { verdict: isRefusedForItsCode(refusal) ? "denied" : "inconclusive", attempt, ...refusal };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return { verdict: "inconclusive", attempt, ...refusalOf(error) };
  }
};

/** Uses one owner's TEE against another owner. */
export const otherOwnersKey: Attack = {
  id: "other-owners-key",
  title: "Has one owner's genuine TEE ask for another owner's keys, in both directions",
  defence: "A broker releases keys to the code that its owner signed for, not to whatever runs in a genuine TEE",
  applies: (scene) => pairsOf(scene).length > 0,
  async *run(context) {
    const queries = await knownQueries(context);
    const attempts: Attempt[] = [];
    for (const pair of pairsOf(context)) {
      const over = queries.filter(({ query }) => query.over.some((dataset) => partyOf(dataset) === pair.broker.party));
      for (const known of over) {
        const asks = known.query.records === undefined ? [askThroughTee, askWhatWouldBe] : [askThroughTee];
        for (const ask of asks) {
          const made = await ask(context, pair, known);
          attempts.push(made);
          yield describeAttempt(made);
        }
      }
    }
    return outcomeOf(attempts, "no key of another owner");
  },
};
