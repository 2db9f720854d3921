// Where findings, errors and omissions belong among the fields. What belongs nowhere keeps its own name.
import type { AttestationCode } from "../attestation-error.ts";
import type { FindingCode } from "../validate/validate-report.ts";
import { evidenceFields, type FieldName } from "./evidence-fields.ts";

/** A finding of `validateReport`, or what an AttestationError says of the evidence that it refuses. */
export interface Failure {
  readonly code: string;
  readonly field: string | null;
  readonly expected: string | null;
  readonly seen: string | null;
}

/** Codes that say more exactly what a failure is about than its field does. */
const fieldOfCode: Readonly<Partial<Record<AttestationCode | FindingCode, FieldName>>> = {
  PROVISIONAL_FIRMWARE: "provisionalFirmware",
  HOST_DATA_ALLOWS_ALL: "allowAllPolicy",
  EVIDENCE_UNSIGNED: "keyInfo.signingKey",
  EVIDENCE_PRODUCT_MISMATCH: "product",
  EVIDENCE_CHAIN_INCOMPLETE: "certificates",
  EVIDENCE_SIGNING_KEY_MISMATCH: "keyInfo.signingKey",
  EVIDENCE_CERTIFICATE_NAME: "certificates",
  EVIDENCE_CERTIFICATE_ALGORITHM: "certificates",
  EVIDENCE_CERTIFICATE_KEY: "certificates",
  EVIDENCE_ROOT_UNTRUSTED: "certificates.root",
  EVIDENCE_CHAIN_INVALID: "certificates",
  EVIDENCE_CERTIFICATE_NOT_YET_VALID: "certificates",
  EVIDENCE_CERTIFICATE_EXPIRED: "certificates",
  EVIDENCE_CRL_MISSING: "revocation",
  EVIDENCE_CRL_ISSUER: "revocation",
  EVIDENCE_CRL_SIGNATURE: "revocation",
  EVIDENCE_CRL_NOT_YET_VALID: "revocation",
  EVIDENCE_CRL_EXPIRED: "revocation",
  EVIDENCE_CERTIFICATE_REVOKED: "revocation",
  EVIDENCE_CERTIFICATE_EXTENSION: "certificates.leaf",
  EVIDENCE_TCB_MISMATCH: "certificates.tcb",
  EVIDENCE_CHIP_ID_MISMATCH: "certificates.hwId",
  EVIDENCE_CHIP_ID_MASKED: "certificates.hwId",
  UVM_MISSING: "endorsement",
  UVM_MALFORMED: "endorsement",
  UVM_ALGORITHM: "endorsement",
  UVM_CHAIN_INVALID: "endorsement",
  UVM_SIGNATURE: "endorsement",
  UVM_ISSUER: "endorsement.issuer",
  UVM_FEED: "endorsement.feed",
  UVM_MEASUREMENT: "endorsement.measurement",
  UVM_SVN_TOO_LOW: "endorsement.svn",
};

/** What verification and appraisal call the things that they leave out, where that is no field's name. */
const fieldOfOmission: Readonly<Record<string, FieldName>> = {
  // Verification compares CHIP_ID with the VCEK's; whether that chip is a trusted one is a matter of policy.
  chipId: "certificates.hwId",
  "age of the CRL": "revocation",
  uvmEndorsement: "endorsement",
  "dates of the endorsement's certificates": "endorsement",
};

/** True for the name of a field. */
export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(evidenceFields, name);
}

/** The field of a failure: by its code, else the field that it names or of which that is a part, else a name of its own. */
export function fieldOfFailure({ code, field }: Failure): string {
  const byCode: unknown = Reflect.get(fieldOfCode, code);
  if (typeof byCode === "string") return byCode;
  for (let name = field ?? ""; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
    if (isFieldName(name)) return name;
  }
  return field ?? code;
}

/** An omission, taken apart. */
export interface Omission {
  readonly field: string;
  readonly reason: string;
}

/** Takes `name: reason` apart and finds the field. */
export function omissionOf(line: string): Omission {
  const colon = line.indexOf(": ");
  if (colon < 0) return { field: line, reason: line };
  const name = line.slice(0, colon);
  return {
    field: Object.hasOwn(fieldOfOmission, name) ? (fieldOfOmission[name] ?? name) : name,
    reason: line.slice(colon + 2),
  };
}
