/** Why the snooper refuses, or cannot attack. */
export type SnooperCode =
  /** There is no such attack, or it does not apply to this mesh. */
  | "ATTACK_UNKNOWN"
  /** Another attack runs. */
  | "RATE_LIMITED"
  /** What the attack needs is not there: a sealed part, a contract, a workload. Such an attack proves nothing. */
  | "ATTACK_UNPREPARED";

/** A refusal: stable code, sentence, and every dynamic part of the sentence. */
export class SnooperError extends Error {
  override readonly name = "SnooperError";
  readonly code: SnooperCode;
  readonly data: Readonly<Record<string, string>>;

  constructor(code: SnooperCode, message: string, data: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

/** An attack that cannot be made for want of something. */
export const unprepared = (message: string, data: Readonly<Record<string, string>> = {}): SnooperError =>
  new SnooperError("ATTACK_UNPREPARED", message, data);
