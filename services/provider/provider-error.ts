/** Why a provider refuses. What a broker answered, and what is wrong with sealed bytes, keep their own codes. */
export type ProviderCode =
  /** A digest is not 32 bytes. */
  | "DIGEST_MALFORMED"
  /** No dataset has a manifest of this digest. */
  | "DATASET_UNKNOWN"
  /** The manifest has no such part. */
  | "PART_UNKNOWN"
  /** The range is empty or passes the end of the part. */
  | "RANGE_INVALID"
  /** The stored part is shorter than its manifest says. */
  | "STORAGE_TRUNCATED"
  /** The contract has no such query, or not of kind `records`. */
  | "QUERY_UNKNOWN"
  /** Results for listed recipients are not built yet. */
  | "RECIPIENT_UNSUPPORTED";

/** A refusal: stable code, sentence, and every dynamic part of the sentence. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly code: ProviderCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: ProviderCode,
    message: string,
    data: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
