/** Why a command did not do what it was asked. */
export type CliCode =
  /** An argument or option has a bad value. */
  | "ARGUMENT_INVALID"
  /** A file cannot be read or written. */
  | "FILE_UNUSABLE"
  /** A file that would be overwritten is there already. */
  | "FILE_EXISTS"
  /** A schema, template or result file does not hold what it should. */
  | "FILE_MALFORMED"
  /** A report or its certificates cannot be read as such, so that there is nothing to judge. */
  | "EVIDENCE_UNUSABLE"
  /** What was to be verified is not genuine or not what was wanted. */
  | "NOT_VERIFIED"
  /** An attack was not refused. */
  | "ATTACK_NOT_REFUSED"
  /** A call to the mesh failed; data holds what the service answered. */
  | "CALL_FAILED";

/** A failure with a stable code, a sentence and its parts. Exit status 1; 2 when the input was unusable. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: CliCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

const unusable: ReadonlySet<CliCode> = new Set([
  "ARGUMENT_INVALID",
  "FILE_UNUSABLE",
  "FILE_EXISTS",
  "FILE_MALFORMED",
  "EVIDENCE_UNUSABLE",
]);

/** 2 when the input was unusable, 1 for every other failure. */
export const exitStatusOf = (error: unknown): number => (error instanceof CliError && unusable.has(error.code) ? 2 : 1);
