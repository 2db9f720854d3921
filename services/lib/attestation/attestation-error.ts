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
 * - `EVIDENCE_HOST_DATA`: HOST_DATA is not the digest of this policy document.
 * - `EVIDENCE_COLLATERAL_STALE`: the host's certificates are for another TCB than REPORTED_TCB; the host has to fetch them anew.
 *
 * - `EVIDENCE_COLLATERAL_IMPOSSIBLE`: the leaf is one that cannot be looked up: a VLEK, or the VCEK of a masked chip.
 *
 * AMD's key distribution service:
 * - `COLLATERAL_UNAVAILABLE`: it gave no usable answer in time. Nothing is wrong with the evidence; asking again may help.
 *
 * Confidential VMs of Azure:
 * - `HCL_REPORT_MALFORMED`: not what the paravisor puts into the TPM.
 * - `QUOTE_MALFORMED`: not a TPM quote with an RSASSA signature. `QUOTE_SIGNATURE`: not signed by the TPM's key.
 *
 * Endorsements of a utility VM:
 * - `HOST_CERTIFICATES_MALFORMED`: not the JSON in which Azure's hosts keep their certificates.
 * - `UVM_MISSING`: the evidence carries none, and one is expected.
 * - `UVM_MALFORMED`: not a strict COSE_Sign1 with its payload, its chain and its claims in the protected header.
 * - `UVM_ALGORITHM`: signed with anything but PS384, or with headers that must be understood.
 * - `UVM_CHAIN_INVALID`: the certificates do not issue one another up to a self-signed root, or are not for that.
 * - `UVM_ISSUER`, `UVM_FEED`: another issuer (root, key usage or DID) or another feed than wanted.
 * - `UVM_SIGNATURE`: the signature does not hold under the leaf's key.
 * - `UVM_SVN_TOO_LOW`: below the caller's minimum.
 * - `UVM_MEASUREMENT`: the endorsement is of another launch digest than MEASUREMENT.
 *
 * Tokens of an attestation service:
 * - `TOKEN_MALFORMED`: not a compact JWS of strict base64url and strict JSON, or without a claim that every token has.
 * - `TOKEN_ALGORITHM`: signed with anything but RS256, or with extensions that must be understood.
 * - `TOKEN_ISSUER`: `iss` is not a configured authority, or `jku` is not where that authority keeps its keys.
 * - `TOKEN_KEY_UNKNOWN`: the authority has no key with this `kid`.
 * - `TOKEN_SIGNATURE`: the signature does not hold under the authority's key.
 * - `TOKEN_NOT_YET_VALID`, `TOKEN_EXPIRED`, `TOKEN_TOO_OLD`: at the caller's time, or past the caller's maximum age.
 *
 * The verifier's own configuration:
 * - `REFERENCE_VALUES_INCOMPLETE`: a reference value or a pinned root is unset, or not of its size.
 * - `TOKEN_KEYS_MALFORMED`: what an authority's keys were read from is not a JSON Web Key Set, or the key that is wanted is not RSA of
 *   at least 2048 bits.
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
  | "EVIDENCE_HOST_DATA"
  | "EVIDENCE_COLLATERAL_STALE"
  | "EVIDENCE_COLLATERAL_IMPOSSIBLE"
  | "COLLATERAL_UNAVAILABLE"
  | "HCL_REPORT_MALFORMED"
  | "QUOTE_MALFORMED"
  | "QUOTE_SIGNATURE"
  | "HOST_CERTIFICATES_MALFORMED"
  | "UVM_MISSING"
  | "UVM_MALFORMED"
  | "UVM_ALGORITHM"
  | "UVM_CHAIN_INVALID"
  | "UVM_ISSUER"
  | "UVM_FEED"
  | "UVM_SIGNATURE"
  | "UVM_SVN_TOO_LOW"
  | "UVM_MEASUREMENT"
  | "TOKEN_MALFORMED"
  | "TOKEN_ALGORITHM"
  | "TOKEN_ISSUER"
  | "TOKEN_KEY_UNKNOWN"
  | "TOKEN_SIGNATURE"
  | "TOKEN_NOT_YET_VALID"
  | "TOKEN_EXPIRED"
  | "TOKEN_TOO_OLD"
  | "TOKEN_KEYS_MALFORMED"
  | "REFERENCE_VALUES_INCOMPLETE";

/**
 * What the caller should do about a code: `malformed` is the sender's mistake (INVALID_ARGUMENT), `unverifiable` is evidence that
 * proves nothing (UNAUTHENTICATED), `incomplete` is the verifier's own configuration (INTERNAL), `unavailable` is nobody's mistake (UNAVAILABLE).
 */
export type CodeKind = "malformed" | "unverifiable" | "incomplete" | "unavailable";

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
  EVIDENCE_HOST_DATA: "unverifiable",
  EVIDENCE_COLLATERAL_STALE: "unverifiable",
  EVIDENCE_COLLATERAL_IMPOSSIBLE: "unverifiable",
  COLLATERAL_UNAVAILABLE: "unavailable",
  HCL_REPORT_MALFORMED: "malformed",
  QUOTE_MALFORMED: "malformed",
  QUOTE_SIGNATURE: "unverifiable",
  HOST_CERTIFICATES_MALFORMED: "malformed",
  UVM_MISSING: "unverifiable",
  UVM_MALFORMED: "malformed",
  UVM_ALGORITHM: "unverifiable",
  UVM_CHAIN_INVALID: "unverifiable",
  UVM_ISSUER: "unverifiable",
  UVM_FEED: "unverifiable",
  UVM_SIGNATURE: "unverifiable",
  UVM_SVN_TOO_LOW: "unverifiable",
  UVM_MEASUREMENT: "unverifiable",
  TOKEN_MALFORMED: "malformed",
  TOKEN_ALGORITHM: "unverifiable",
  TOKEN_ISSUER: "unverifiable",
  TOKEN_KEY_UNKNOWN: "unverifiable",
  TOKEN_SIGNATURE: "unverifiable",
  TOKEN_NOT_YET_VALID: "unverifiable",
  TOKEN_EXPIRED: "unverifiable",
  TOKEN_TOO_OLD: "unverifiable",
  TOKEN_KEYS_MALFORMED: "incomplete",
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
