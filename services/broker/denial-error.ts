import type { ClauseOutcome } from "#contract";
import type { Envelope } from "#sealing";

/** Genuine evidence that the policy does not allow: every clause, and the signed record once it is made. */
export class DenialError extends Error {
  override readonly name = "DenialError";
  readonly code = "POLICY_REFUSED";
  readonly clauses: readonly ClauseOutcome[];
  readonly data: Readonly<Record<string, string>>;
  /** The signed entry of the log. */
  statement: Envelope | undefined;

  constructor(message: string, clauses: readonly ClauseOutcome[]) {
    const refused = [...new Set(clauses.filter(({ met }) => !met).map(({ claim }) => claim))];
    super(`${message}: ${refused.join(", ")}`);
    this.clauses = clauses;
    this.data = { refused: refused.join(",") };
  }
}
