/**
 * Why the TEE did not give what was asked.
 *
 * - `REPORT_DATA_INVALID`: what the caller wants in the report is not 64 bytes.
 * - `REPORT_UNAVAILABLE`: the secure processor is gone, refuses or does not answer in time; asking again may help.
 * - `REPORT_MISMATCH`: it answered with a report over something else, or with no report at all; never used.
 * - `CLAIMS_INVALID`: the claims are not a document that a verifier accepts (proto/FORMATS.md section 1).
 * - `RUN_KEYS_DROPPED`: the run is over and its private keys are gone.
 * - `FRAME_INVALID`: bytes on the channel that are not a frame of JSON within the limit.
 */
export type PlatformCode =
  | "REPORT_DATA_INVALID"
  | "REPORT_UNAVAILABLE"
  | "REPORT_MISMATCH"
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
