/**
 * Every way in which evidence, certificates, claims or reference values are refused.
 *
 * The documents themselves (the sender's mistake):
 * - `REPORT_MALFORMED`: not an attestation report: length, reserved bytes, guest policy, key info, algorithm or padding.
 * - `REPORT_VERSION_UNSUPPORTED`: the report's VERSION is not 2, 3, 4 or 5.
 * - `CERTIFICATE_MALFORMED`: not one strict DER certificate (or PEM text of certificates).
 * - `CRL_MALFORMED`: not one strict DER certificate revocation list, version 2.
 * - `CERTIFICATE_TABLE_MALFORMED`: an entry of the host's certificate table points outside of it or occurs twice, or the table has no end.
 * - `CLAIMS_MALFORMED`: not a runtime claims document; `data.path` is the JSON path.
 *
 * The evidence does not prove what it says:
 * - `EVIDENCE_MISSING`: there is none, or none of a technology that is known here.
 * - `EVIDENCE_UNSIGNED`: MASK_CHIP_KEY is set or SIGNING_KEY is none; the firmware wrote zeros for a signature.
 * - `EVIDENCE_PRODUCT_UNKNOWN`: the CPUID family and model belong to no product with a known root.
 * - `EVIDENCE_PRODUCT_MISMATCH`: report, chain and leaf name different products.
 * - `EVIDENCE_CHAIN_INCOMPLETE`: no leaf, no intermediate or no root of the kind that the report needs, or too many certificates.
 * - `EVIDENCE_SIGNING_KEY_MISMATCH`: the chain is not of the kind that the report's SIGNING_KEY says.
 * - `EVIDENCE_CERTIFICATE_NAME`: a subject that AMD does not issue.
 * - `EVIDENCE_CERTIFICATE_ALGORITHM`: a signature algorithm other than RSASSA-PSS with SHA-384, MGF1-SHA-384 and salt 48.
 * - `EVIDENCE_CERTIFICATE_KEY`: a public key of the wrong kind, or one that is not a valid key.
 * - `EVIDENCE_ROOT_UNTRUSTED`: the root's key is not the pinned key.
 * - `EVIDENCE_CHAIN_INVALID`: issuer name, CA constraints or a certificate's signature do not hold.
 * - `EVIDENCE_CERTIFICATE_NOT_YET_VALID`, `EVIDENCE_CERTIFICATE_EXPIRED`: a certificate of the chain, at the caller's time.
 * - `EVIDENCE_CRL_MISSING`, `EVIDENCE_CRL_ISSUER`: there is no CRL of the root, where one is required.
 * - `EVIDENCE_CRL_SIGNATURE`, `EVIDENCE_CRL_NOT_YET_VALID`, `EVIDENCE_CRL_EXPIRED`: a CRL that proves nothing at the caller's time.
 * - `EVIDENCE_CERTIFICATE_REVOKED`: the root has revoked the intermediate.
 * - `EVIDENCE_CERTIFICATE_EXTENSION`: an AMD extension of the leaf is missing, foreign, or wrongly encoded.
 * - `EVIDENCE_TCB_MISMATCH`: REPORTED_TCB differs from the TCB that the leaf was issued for.
 * - `EVIDENCE_CHIP_ID_MISMATCH`: CHIP_ID differs from the leaf's hwID.
 * - `EVIDENCE_CHIP_ID_MASKED`: CHIP_ID is zero, so that the chip cannot be compared.
 * - `EVIDENCE_SIGNATURE`: the report's signature does not hold under the leaf's key.
 * - `EVIDENCE_REPORT_DATA`: REPORT_DATA is not the digest of these claims.
 * - `EVIDENCE_PURPOSE`, `EVIDENCE_AUDIENCE`, `EVIDENCE_NONCE`, `EVIDENCE_TLS_KEY`: genuine, but not made for this use.
 *
 * The verifier's own configuration:
 * - `REFERENCE_VALUES_INCOMPLETE`: a reference value or a pinned root is unset, or not of its size.
 */
export type AttestationCode =
  | "REPORT_MALFORMED"
  | "REPORT_VERSION_UNSUPPORTED"
  | "CERTIFICATE_MALFORMED"
  | "CRL_MALFORMED"
  | "CERTIFICATE_TABLE_MALFORMED"
  | "CLAIMS_MALFORMED"
  | "EVIDENCE_MISSING"
  | "EVIDENCE_UNSIGNED"
  | "EVIDENCE_PRODUCT_UNKNOWN"
  | "EVIDENCE_PRODUCT_MISMATCH"
  | "EVIDENCE_CHAIN_INCOMPLETE"
  | "EVIDENCE_SIGNING_KEY_MISMATCH"
  | "EVIDENCE_CERTIFICATE_NAME"
  | "EVIDENCE_CERTIFICATE_ALGORITHM"
  | "EVIDENCE_CERTIFICATE_KEY"
  | "EVIDENCE_ROOT_UNTRUSTED"
  | "EVIDENCE_CHAIN_INVALID"
  | "EVIDENCE_CERTIFICATE_NOT_YET_VALID"
  | "EVIDENCE_CERTIFICATE_EXPIRED"
  | "EVIDENCE_CRL_MISSING"
  | "EVIDENCE_CRL_ISSUER"
  | "EVIDENCE_CRL_SIGNATURE"
  | "EVIDENCE_CRL_NOT_YET_VALID"
  | "EVIDENCE_CRL_EXPIRED"
  | "EVIDENCE_CERTIFICATE_REVOKED"
  | "EVIDENCE_CERTIFICATE_EXTENSION"
  | "EVIDENCE_TCB_MISMATCH"
  | "EVIDENCE_CHIP_ID_MISMATCH"
  | "EVIDENCE_CHIP_ID_MASKED"
  | "EVIDENCE_SIGNATURE"
  | "EVIDENCE_REPORT_DATA"
  | "EVIDENCE_PURPOSE"
  | "EVIDENCE_AUDIENCE"
  | "EVIDENCE_NONCE"
  | "EVIDENCE_TLS_KEY"
  | "REFERENCE_VALUES_INCOMPLETE";

/**
 * What the caller should do about a code: `malformed` is the sender's mistake (INVALID_ARGUMENT), `unverifiable` is evidence that
 * proves nothing (UNAUTHENTICATED), `incomplete` is the verifier's own configuration (FAILED_PRECONDITION).
 */
export type CodeKind = "malformed" | "unverifiable" | "incomplete";

/** The kind of every code; total, so that a new code without a row does not compile. */
export const codeKind: Readonly<Record<AttestationCode, CodeKind>> = {
  REPORT_MALFORMED: "malformed",
  REPORT_VERSION_UNSUPPORTED: "malformed",
  CERTIFICATE_MALFORMED: "malformed",
  CRL_MALFORMED: "malformed",
  CERTIFICATE_TABLE_MALFORMED: "malformed",
  CLAIMS_MALFORMED: "malformed",
  EVIDENCE_MISSING: "unverifiable",
  EVIDENCE_UNSIGNED: "unverifiable",
  EVIDENCE_PRODUCT_UNKNOWN: "unverifiable",
  EVIDENCE_PRODUCT_MISMATCH: "unverifiable",
  EVIDENCE_CHAIN_INCOMPLETE: "unverifiable",
  EVIDENCE_SIGNING_KEY_MISMATCH: "unverifiable",
  EVIDENCE_CERTIFICATE_NAME: "unverifiable",
  EVIDENCE_CERTIFICATE_ALGORITHM: "unverifiable",
  EVIDENCE_CERTIFICATE_KEY: "unverifiable",
  EVIDENCE_ROOT_UNTRUSTED: "unverifiable",
  EVIDENCE_CHAIN_INVALID: "unverifiable",
  EVIDENCE_CERTIFICATE_NOT_YET_VALID: "unverifiable",
  EVIDENCE_CERTIFICATE_EXPIRED: "unverifiable",
  EVIDENCE_CRL_MISSING: "unverifiable",
  EVIDENCE_CRL_ISSUER: "unverifiable",
  EVIDENCE_CRL_SIGNATURE: "unverifiable",
  EVIDENCE_CRL_NOT_YET_VALID: "unverifiable",
  EVIDENCE_CRL_EXPIRED: "unverifiable",
  EVIDENCE_CERTIFICATE_REVOKED: "unverifiable",
  EVIDENCE_CERTIFICATE_EXTENSION: "unverifiable",
  EVIDENCE_TCB_MISMATCH: "unverifiable",
  EVIDENCE_CHIP_ID_MISMATCH: "unverifiable",
  EVIDENCE_CHIP_ID_MASKED: "unverifiable",
  EVIDENCE_SIGNATURE: "unverifiable",
  EVIDENCE_REPORT_DATA: "unverifiable",
  EVIDENCE_PURPOSE: "unverifiable",
  EVIDENCE_AUDIENCE: "unverifiable",
  EVIDENCE_NONCE: "unverifiable",
  EVIDENCE_TLS_KEY: "unverifiable",
  REFERENCE_VALUES_INCOMPLETE: "incomplete",
};

/** What a refusal is about; all of it is public (evidence and reference values are no secrets). */
export interface AttestationErrorData {
  /** The field, in the words of the report or of the certificate. */
  readonly field?: string;
  readonly expected?: string;
  readonly seen?: string;
  /** Byte offset in the report or in the certificate. */
  readonly offset?: number;
  /** JSON path in the claims document, `$` is the document. */
  readonly path?: string;
}

/** The one error that this package throws about its input; branch on `code`, not on the message. */
export class AttestationError extends Error {
  override readonly name = "AttestationError";
  readonly code: AttestationCode;
  readonly data: AttestationErrorData;

  constructor(code: AttestationCode, message: string, data: AttestationErrorData = {}, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

/** The error for a value that is not the one required; the message names both. */
export function mismatch(code: AttestationCode, field: string, expected: string, seen: string): AttestationError {
  return new AttestationError(code, `${field} is ${seen}, want ${expected}`, { field, expected, seen });
}
