// Is it wanted? Every check runs and every failure is collected, as in validate-report.ts. A claim that is absent or of another type
// meets no rule.
import { encodeBase64Url } from "../encoding/base64.ts";
import { fromHex, toHex } from "../encoding/bytes.ts";
import { isJsonObject, type JsonObject, jsonText, type JsonValue } from "../encoding/strict-json.ts";
import { type AnyOf, isCount, isUnchecked, type Permission, type Unchecked } from "../validate/policy-rules.ts";
import { allowAllPolicyName } from "./cce-policy.ts";
import type { VerifiedMaaToken } from "./maa-token.ts";
import { checkMaaTokenPolicy, type MaaTokenPolicy, type NonceRule, snpClaimsOf } from "./maa-token-policy.ts";
import type { UvmExpectation } from "./uvm-endorsement.ts";

/**
 * Why a genuine token is not wanted.
 * - `ATTESTATION_TYPE_MISMATCH`: about another technology, or another shape of claims.
 * - `COMPLIANCE_STATUS_MISMATCH`: the service does not call the measurement what is listed, or does not know it.
 * - `HOST_DATA_MISMATCH`, `MEASUREMENT_MISMATCH`, `REPORT_DATA_MISMATCH`, `POLICY_HASH_MISMATCH`: a digest that is not listed.
 * - `HOST_DATA_ALLOWS_ALL`: the digest of a published policy that allows everything.
 * - `NONCE_MISMATCH`: the runtime data has another nonce, or none.
 * - `DEBUG_ALLOWED`, `MIGRATION_ALLOWED`: forbidden, and not said to be off.
 * - `VMPL_MISMATCH`: made at another privilege level; 4294967295 means by the host.
 * - `UVM_ISSUER_MISMATCH`, `UVM_FEED_MISMATCH`, `UVM_SVN_TOO_LOW`: the endorsement of the utility VM.
 */
export type MaaFindingCode =
  | "ATTESTATION_TYPE_MISMATCH"
  | "COMPLIANCE_STATUS_MISMATCH"
  | "HOST_DATA_MISMATCH"
  | "HOST_DATA_ALLOWS_ALL"
  | "MEASUREMENT_MISMATCH"
  | "REPORT_DATA_MISMATCH"
  | "POLICY_HASH_MISMATCH"
  | "NONCE_MISMATCH"
  | "DEBUG_ALLOWED"
  | "MIGRATION_ALLOWED"
  | "VMPL_MISMATCH"
  | "UVM_ISSUER_MISMATCH"
  | "UVM_FEED_MISMATCH"
  | "UVM_SVN_TOO_LOW";

/** One way in which a genuine token differs from the policy. */
export interface MaaFinding {
  readonly code: MaaFindingCode;
  /** The claim, with the names that lead to it, such as `x-ms-isolation-tee.x-ms-sevsnpvm-vmpl`. */
  readonly field: string;
  readonly expected: string;
  readonly seen: string;
}

/** A claim and the names that lead to it. */
interface Claim {
  readonly field: string;
  readonly value: JsonValue | undefined;
}

/**
 * Compares a genuine token with a policy and returns every difference; an empty list means it is wanted. Throws
 * REFERENCE_VALUES_INCOMPLETE when the policy is not whole.
 */
export function validateMaaToken({ claims }: VerifiedMaaToken, policy: MaaTokenPolicy): readonly MaaFinding[] {
  checkMaaTokenPolicy(policy);
  const nested = snpClaimsOf[policy.attestationType];
  const token = (...path: readonly string[]) => claimAt(claims, path);
  // A virtual machine's token may say anything beside the nested claims; those alone are from the secure processor.
  const snp = (name: string, ...path: readonly string[]) =>
    nested === null ? token(name, ...path) : token(nested, name, ...path);
  const reportData = isUnchecked(policy.reportData) ? policy.reportData : { anyOf: [policy.reportData.equals] };
  return [
    ...listed("ATTESTATION_TYPE_MISMATCH", token("x-ms-attestation-type"), { anyOf: [policy.attestationType] }),
    ...(nested === null
      ? []
      : listed("ATTESTATION_TYPE_MISMATCH", snp("x-ms-attestation-type"), { anyOf: ["sevsnpvm"] })),
    ...listed("COMPLIANCE_STATUS_MISMATCH", snp("x-ms-compliance-status"), policy.complianceStatus),
    ...listed("HOST_DATA_MISMATCH", snp("x-ms-sevsnpvm-hostdata"), inText(policy.hostData, toHex)),
    ...allowsAll(snp("x-ms-sevsnpvm-hostdata"), policy.allowAllPolicy),
    ...listed("MEASUREMENT_MISMATCH", snp("x-ms-sevsnpvm-launchmeasurement"), inText(policy.measurement, toHex)),
    ...listed("REPORT_DATA_MISMATCH", snp("x-ms-sevsnpvm-reportdata"), inText(reportData, toHex)),
    ...nonce(token, policy.nonce),
    ...permitted("DEBUG_ALLOWED", snp("x-ms-sevsnpvm-is-debuggable"), policy.debug),
    ...permitted("MIGRATION_ALLOWED", snp("x-ms-sevsnpvm-migration-allowed"), policy.migration),
    ...listed("VMPL_MISMATCH", snp("x-ms-sevsnpvm-vmpl"), { anyOf: [policy.vmpl] }),
    ...endorsement(snp, policy.uvm),
    ...listed("POLICY_HASH_MISMATCH", token("x-ms-policy-hash"), inText(policy.policyHash, encodeBase64Url)),
  ];
}

function claimAt(claims: JsonObject, path: readonly string[]): Claim {
  const value = path.reduce<JsonValue | undefined>(
    (parent, name) => (isJsonObject(parent) ? parent[name] : undefined),
    claims,
  );
  return { field: path.join("."), value };
}

function finding(code: MaaFindingCode, { field, value }: Claim, expected: string): MaaFinding {
  return { code, field, expected, seen: typeof value === "string" ? value.slice(0, 200) : jsonText(value) };
}

function listed(code: MaaFindingCode, claim: Claim, rule: AnyOf<string | number> | Unchecked): readonly MaaFinding[] {
  if (isUnchecked(rule) || rule.anyOf.some((accepted) => accepted === claim.value)) return [];
  return [finding(code, claim, rule.anyOf.length === 0 ? "nothing is accepted" : rule.anyOf.join(" or "))];
}

/** The service writes bytes in one way, lower-case hexadecimal or base64url, so that texts can be compared. */
function inText(rule: AnyOf<Uint8Array> | Unchecked, toText: (bytes: Uint8Array) => string): AnyOf<string> | Unchecked {
  return isUnchecked(rule) ? rule : { anyOf: rule.anyOf.map(toText) };
}

function allowsAll(claim: Claim, permission: Permission): readonly MaaFinding[] {
  const isDigest = typeof claim.value === "string" && /^[0-9a-f]{64}$/.test(claim.value);
  const name = isDigest ? allowAllPolicyName(fromHex(claim.value)) : null;
  if (name === null || permission !== "forbidden") return [];
  return [{ ...finding("HOST_DATA_ALLOWS_ALL", claim, "a policy that limits what runs"), seen: name }];
}

function permitted(code: MaaFindingCode, claim: Claim, permission: Permission): readonly MaaFinding[] {
  return permission !== "forbidden" || claim.value === false ? [] : [finding(code, claim, "false")];
}

function nonce(token: (...path: readonly string[]) => Claim, rule: NonceRule | Unchecked): readonly MaaFinding[] {
  if (isUnchecked(rule)) return [];
  const claim = token("x-ms-runtime", ...rule.path);
  // A nonce of 64 bits is a bigint by now: JSON.parse would have rounded it.
  const digits = typeof claim.value === "number" || typeof claim.value === "bigint" ? `${claim.value}` : claim.value;
  return digits === rule.equals ? [] : [finding("NONCE_MISMATCH", claim, rule.equals)];
}

function endorsement(
  snp: (name: string, ...path: readonly string[]) => Claim,
  rule: UvmExpectation | Unchecked,
): readonly MaaFinding[] {
  if (isUnchecked(rule)) return [];
  const [headers, claims] = ["x-ms-sevsnpvm-uvm-endorsement-headers", "x-ms-sevsnpvm-uvm-endorsement"] as const;
  // Not the claim of this name beside them, which is the report's GUEST_SVN.
  const integer = snp(claims, "x-ms-sevsnpvm-guestsvn-int");
  const text = snp(claims, "x-ms-sevsnpvm-guestsvn");
  const svn = svnOf(integer.value, text.value);
  const seen = svn === null ? `${jsonText(integer.value)} and ${jsonText(text.value)}` : `${svn}`;
  const tooLow = { ...finding("UVM_SVN_TOO_LOW", integer, `at least ${rule.minimumSvn}`), seen };
  return [
    ...listed("UVM_ISSUER_MISMATCH", snp(headers, "iss"), { anyOf: rule.issuers }),
    ...listed("UVM_FEED_MISMATCH", snp(headers, "feed"), { anyOf: [rule.feed] }),
    ...(svn !== null && svn >= rule.minimumSvn ? [] : [tooLow]),
  ];
}

/** An integer since 2025-10, a text before and beside it. Compared as integers: as texts, "9" is above "103". */
function svnOf(integer: JsonValue | undefined, text: JsonValue | undefined): number | null {
  const ofText = typeof text === "string" && /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : null;
  if (integer === undefined) return ofText;
  const isSame = text === undefined || ofText === integer;
  return isSame && typeof integer === "number" && isCount(integer) ? integer : null;
}
