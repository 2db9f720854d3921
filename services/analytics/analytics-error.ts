/** Why the analytics service refuses a request or ends a run. What peers answered, and broken seals, keep their own codes. */
export type AnalyticsCode =
  /** A field of the request is not of its form. */
  | "REQUEST_MALFORMED"
  /** Results for listed recipients are not built yet. */
  | "RECIPIENT_UNSUPPORTED"
  /** The contract has no such query, or not one that this workload runs. */
  | "QUERY_UNKNOWN"
  /** Too many runs are under way. */
  | "RUNS_LIMITED"
  /** No run of this id is remembered. */
  | "RUN_UNKNOWN"
  /** The run goes on. */
  | "RUN_NOT_FINISHED"
  /** The run was cancelled. */
  | "RUN_CANCELLED";

/** A refusal: stable code, sentence, and every dynamic part of the sentence. */
export class AnalyticsError extends Error {
  override readonly name = "AnalyticsError";
  readonly code: AnalyticsCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: AnalyticsCode,
    message: string,
    data: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
