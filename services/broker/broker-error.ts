import type { Envelope } from "#sealing";

/** Why a broker refuses. Evidence and contract errors keep the codes of their libraries. */
export type BrokerCode =
  /** A key request is not one: missing target, wrong sizes, too many, a reservation. */
  | "KEY_REQUEST_MALFORMED"
  /** A statement is not a DSSE envelope of the right kind. */
  | "STATEMENT_MALFORMED"
  /** The nonce was never handed out, or is spent. */
  | "NONCE_UNKNOWN"
  /** The nonce is too old. */
  | "NONCE_STALE"
  /** No contract of this name or digest is known here. */
  | "CONTRACT_UNKNOWN"
  /** A higher version replaced the contract. */
  | "CONTRACT_RETIRED"
  /** The contract's validity has ended. */
  | "CONTRACT_EXPIRED"
  /** The contract's validity has not begun. */
  | "CONTRACT_NOT_YET_VALID"
  /** An owner revoked the contract. */
  | "CONTRACT_REVOKED"
  /** The version is not higher than the highest seen under this name. */
  | "CONTRACT_VERSION_OLD"
  /** The contract's hardware is not of the kind of root that this broker is configured with. */
  | "CONTRACT_HARDWARE_MISMATCH"
  /** The contract names a manifest of this owner that this owner did not give its broker. */
  | "MANIFEST_UNKNOWN"
  /** The contract names another broker key or CA for this owner. */
  | "BROKER_KEY_MISMATCH"
  /** The contract has no such query. */
  | "QUERY_UNKNOWN"
  /** An owner's signature is missing or wrong. */
  | "CONSENT_MISSING"
  /** The release policy or the validation of the report is not met. */
  | "POLICY_REFUSED"
  /** A data key was asked for that the query does not name. */
  | "COLUMN_NOT_IN_QUERY"
  /** Results for listed recipients are not built yet. */
  | "RECIPIENT_UNSUPPORTED";

/** A refusal: stable code, sentence, and every dynamic part of the sentence. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly code: BrokerCode;
  readonly data: Readonly<Record<string, unknown>>;
  /** The signed entry of the log, for a refusal of genuine evidence. */
  statement: Envelope | undefined;

  constructor(code: BrokerCode, message: string, data: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
