import { type AttestationCode, AttestationError, mismatch } from "../attestation-error.ts";
import {
  checkUvmMeasurement,
  type UvmExpectation,
  type VerifiedUvmEndorsement,
  verifyUvmEndorsement,
} from "../azure/uvm-endorsement.ts";
import { verifyBinding } from "./binding.ts";
import { copyOf, equalBytes, toHex } from "../encoding/bytes.ts";
import { parseClaims, type Purpose, type RuntimeClaims } from "./claims.ts";
import { type ReportEvidence, type VerifiedReport, type VerifyOptions, verifyReport } from "./verify-report.ts";

/** A report, its certificates, and the claims that the report was made over. */
export interface Evidence extends ReportEvidence {
  /** The claims document, exact bytes as sent. */
  readonly runtimeClaims: Uint8Array;
  /** COSE_Sign1, where the platform endorses its utility VM (Azure Container Instances). */
  readonly uvmEndorsement?: Uint8Array;
}

/** What the evidence must have been made for. */
export interface EvidenceExpectation extends VerifyOptions {
  readonly purpose: Purpose;
  /** This verifier's own name as the claims must have it. */
  readonly audience: string;
  /** The 32 bytes that this verifier chose, or why the evidence need not be fresh. */
  readonly nonce: Uint8Array | { readonly none: string };
  /** SHA-256 of the TLS key of this very connection, or why it is not compared. */
  readonly tlsSpkiSha256: Uint8Array | { readonly unchecked: string };
  /** Given, the evidence must carry an endorsement of its utility VM that meets this. */
  readonly uvm?: UvmExpectation;
}

/** Genuine evidence made for this verifier, purpose and connection. Whether that workload is wanted is for `validateReport` to say. */
export interface Appraisal {
  readonly verified: VerifiedReport;
  readonly claims: RuntimeClaims;
  /** Of the utility VM whose MEASUREMENT the report carries, when one was expected. */
  readonly uvm?: VerifiedUvmEndorsement;
  /** What was not checked, and why, of the report and of the claims. */
  readonly notChecked: readonly string[];
}

/**
 * Verifies the report, its binding to the claims, and that the claims were made for this use. Throws whatever `verifyReport` and
 * `parseClaims` and `verifyUvmEndorsement` throw, and UVM_MISSING, UVM_MEASUREMENT, EVIDENCE_REPORT_DATA, EVIDENCE_PURPOSE, EVIDENCE_AUDIENCE, EVIDENCE_NONCE, EVIDENCE_TLS_KEY. All input is
 * copied before anything is awaited.
 */
export async function appraiseEvidence(evidence: Evidence, expected: EvidenceExpectation): Promise<Appraisal> {
  const runtimeClaims = copyOf(evidence.runtimeClaims);
  const { purpose, audience } = expected;
  const endorsement = evidence.uvmEndorsement === undefined ? null : copyOf(evidence.uvmEndorsement);
  const nonce = digestOr(expected.nonce, "none", "nonce");
  const tlsKey = digestOr(expected.tlsSpkiSha256, "unchecked", "tlsSpkiSha256");

  const verified = await verifyReport(evidence, expected);
  await verifyBinding(verified, runtimeClaims);
  const claims = await parseClaims(runtimeClaims);
  if (claims.purpose !== purpose) throw mismatch("EVIDENCE_PURPOSE", "purpose", purpose, claims.purpose);
  if (claims.audience !== audience) throw mismatch("EVIDENCE_AUDIENCE", "audience", audience, claims.audience);
  compare("EVIDENCE_NONCE", "nonce", nonce, "nonce" in claims ? claims.nonce : null);
  compare("EVIDENCE_TLS_KEY", "tlsSpkiSha256", tlsKey, claims.tlsSpkiSha256);

  const uvm = expected.uvm === undefined ? null : await verifyUvm(verified, endorsement, expected.uvm);
  const notChecked = [...verified.notChecked, ...(uvm?.notChecked ?? [])];
  if (uvm === null && endorsement !== null) notChecked.push("uvmEndorsement: no issuer is configured");
  if (typeof nonce === "string") notChecked.push(`nonce: ${nonce}`);
  if (typeof tlsKey === "string") notChecked.push(`tlsSpkiSha256: ${tlsKey}`);
  return { verified, claims, notChecked, ...(uvm === null ? {} : { uvm }) };
}

async function verifyUvm(
  verified: VerifiedReport,
  endorsement: Uint8Array | null,
  expected: UvmExpectation,
): Promise<VerifiedUvmEndorsement> {
  if (endorsement === null) throw mismatch("UVM_MISSING", "endorsement of the utility VM", expected.feed, "none");
  const uvm = await verifyUvmEndorsement(endorsement, expected);
  checkUvmMeasurement(verified, uvm);
  return uvm;
}

/** The 32 bytes to compare with, in memory of their own, or the reason for which there are none. */
function digestOr<Skip extends string>(
  expected: Uint8Array | { readonly [Key in Skip]: string },
  skip: Skip,
  field: string,
): Uint8Array | string {
  if (expected instanceof Uint8Array) {
    if (expected.length === 32) return copyOf(expected);
  } else {
    // Callers without types may leave it out altogether.
    const reason: unknown = (expected as Partial<Record<Skip, string>> | undefined)?.[skip];
    if (typeof reason === "string" && reason !== "") return reason;
  }
  throw new AttestationError("REFERENCE_VALUES_INCOMPLETE", `${field} is neither 32 bytes nor a reason to skip it`, {
    field,
  });
}

function compare(code: AttestationCode, field: string, expected: Uint8Array | string, seen: Uint8Array | null): void {
  if (typeof expected === "string") return;
  if (seen === null || !equalBytes(expected, seen)) {
    throw mismatch(code, field, toHex(expected), seen === null ? "none" : toHex(seen));
  }
}
