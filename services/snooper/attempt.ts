// What an attempt came to. The rule is strict: an attack is denied only when each of its attempts was refused for a reason that fits
// the attack. A broker that is down refuses nothing, and a refusal for a typing error of ours is no defence.
import { ConnectError } from "@connectrpc/connect";
import { refusalOf, type Refusal } from "./refusal.ts";

/** What one attempt came to. */
export type Attempt =
  | ({ readonly verdict: "denied" | "inconclusive"; readonly attempt: string } & Refusal)
  | { readonly verdict: "succeeded"; readonly attempt: string; readonly gained: string };

/** How an attack ended. */
export interface Outcome {
  readonly result: "DENIED" | "SUCCEEDED" | "INCONCLUSIVE";
  readonly denials: readonly ({ readonly attempt: string } & Refusal)[];
  readonly learned: string;
}

/** Something to try. */
export interface Trial {
  /** What is tried, in words. */
  readonly attempt: string;
  /** Whether a refusal fits: its reason in a list, or what a function says of it. */
  readonly fitting: readonly string[] | ((refusal: Refusal) => boolean);
  /** Tries it; what it returns says what the attacker got. */
  readonly run: () => Promise<string>;
}

const fits = (fitting: Trial["fitting"], refusal: Refusal): boolean =>
  typeof fitting === "function" ? fitting(refusal) : fitting.includes(refusal.reason);

/**
 * Makes one attempt. Only a failed call is a refusal: any other error is ours and is thrown on.
 */
export const attempted = async ({ attempt, fitting, run }: Trial): Promise<Attempt> => {
  try {
    return { verdict: "succeeded", attempt, gained: await run() };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const refusal = refusalOf(error);
    return { verdict: fits(fitting, refusal) ? "denied" : "inconclusive", attempt, ...refusal };
  }
};

/** An attempt in words. */
export const describeAttempt = (made: Attempt): string => {
  if (made.verdict === "succeeded") return `${made.attempt}: SUCCEEDED, ${made.gained}`;
  const how = made.verdict === "denied" ? "refused with" : "proves nothing, failed with";
  return `${made.attempt}: ${how} ${made.reason}, ${made.explanation}`;
};

/** Makes attempts one after the other and says what came of each. */
export async function* attemptEach(trials: Iterable<Trial>): AsyncGenerator<string, readonly Attempt[]> {
  const made: Attempt[] = [];
  for (const trial of trials) {
    const attempt = await attempted(trial);
    made.push(attempt);
    yield describeAttempt(attempt);
  }
  return made;
}

/**
 * How an attack ended: one success is a defect; denied only if every attempt was; no attempt at all proves nothing.
 *
 * @param learned what the attacker did learn
 */
export const outcomeOf = (attempts: readonly Attempt[], learned: string): Outcome => {
  const of = (verdict: Attempt["verdict"]) => attempts.filter((made) => made.verdict === verdict);
  const [succeeded, inconclusive] = [of("succeeded"), of("inconclusive")];
  const isDenied = attempts.length > 0 && inconclusive.length === 0;
  return {
    result: succeeded.length > 0 ? "SUCCEEDED" : isDenied ? "DENIED" : "INCONCLUSIVE",
    denials: attempts.flatMap((made) =>
      made.verdict === "denied" ? [{ attempt: made.attempt, reason: made.reason, explanation: made.explanation }] : [],
    ),
    learned: [learned, ...[...succeeded, ...inconclusive].map(describeAttempt)]
      .filter((text) => text !== "")
      .join("; "),
  };
};
