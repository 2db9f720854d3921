/**
 * Why the TEE did not give what was asked.
 *
 * - `REPORT_DATA_INVALID`: what the caller wants in the report is not 64 bytes, or not what the source can put there.
 * - `REPORT_UNAVAILABLE`: the secure processor is gone, refuses or does not answer in time; asking again may help.
 * - `REPORT_DISTURBED`: somebody else touched the request again and again while it was served; asking again may help.
 * - `REPORT_MISMATCH`: it answered with a report over something else, or with no report at all; never used.
 * - `SOURCE_UNSUITABLE`: the machine does not have the source that the configuration chose, or it cannot do what the configuration wants;
 *   asking again does not help.
 * - `COLLATERAL_UNUSABLE`: what the platform keeps beside the report (certificates, endorsement, policy) is not there or not what it should be.
 * - `COLLATERAL_STALE`: the certificates beside the report are for another TCB than the report's; the platform has to fetch them anew.
 * - `CLAIMS_INVALID`: the claims are not a document that a verifier accepts (proto/FORMATS.md section 1).
 * - `RUN_KEYS_DROPPED`: the run is over and its private keys are gone.
 * - `FRAME_INVALID`: bytes on the channel that are not a frame of JSON within the limit.
 */
export type PlatformCode =
  | "REPORT_DATA_INVALID"
  | "REPORT_UNAVAILABLE"
  | "REPORT_DISTURBED"
  | "REPORT_MISMATCH"
  | "SOURCE_UNSUITABLE"
  | "COLLATERAL_UNUSABLE"
  | "COLLATERAL_STALE"
  | "CLAIMS_INVALID"
  | "RUN_KEYS_DROPPED"
  | "FRAME_INVALID";

/** The one error of this package; branch on `code`, not on the message. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code: PlatformCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: PlatformCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

/** The error for a report that cannot be had now. */
export const unavailable = (why: string, cause?: unknown): PlatformError =>
  new PlatformError("REPORT_UNAVAILABLE", why, {}, cause === undefined ? {} : { cause });

/** The error for an answer that is not the report that was asked for. */
export const mismatch = (why: string, cause?: unknown): PlatformError =>
  new PlatformError("REPORT_MISMATCH", why, {}, cause === undefined ? {} : { cause });
