// Is it wanted? Every check runs and every failure is collected: whoever operates a workload should see all of them at once.
import { AttestationError } from "../attestation-error.ts";
import { allowAllPolicyName } from "../azure/cce-policy.ts";
import { equalBytes, toHex } from "../encoding/bytes.ts";
import { cpuModelKey, type Product } from "../report/product.ts";
import { type AnyOf, isUnchecked, type Permission, type Unchecked } from "./policy-rules.ts";
import {
  type BitRule,
  checkPolicy,
  type FloorsByTcb,
  type ReportPolicy,
  type TcbFloors,
  type TcbName,
} from "./report-policy.ts";
import type { FirmwareVersion } from "../report/report.ts";
import { type TcbComponents, tcbComponentsOf } from "../report/tcb.ts";
import type { VerifiedReport } from "../verify/verify-report.ts";

/**
 * Why a genuine report is not wanted.
 * - `HARDWARE_MISMATCH`: another root or product than listed.
 * - `MEASUREMENT_MISMATCH`, `HOST_DATA_MISMATCH`, `REPORT_DATA_MISMATCH`, `CHIP_ID_MISMATCH`, `ID_KEY_MISMATCH`, `AUTHOR_KEY_MISMATCH`,
 *   `FAMILY_ID_MISMATCH`, `IMAGE_ID_MISMATCH`, `REPORT_ID_MISMATCH`, `REPORT_ID_MA_MISMATCH`: a digest or identity that is not listed.
 * - `SIGNER_MISMATCH`, `CSP_ID_MISMATCH`: signed by another kind of key, or by a VLEK of a cloud provider that is not listed.
 * - `HOST_DATA_ALLOWS_ALL`: the digest of a published policy document that allows everything.
 * - `DEBUG_ALLOWED`, `MIGRATION_AGENT_ALLOWED`, `PROVISIONAL_FIRMWARE`: forbidden, and so.
 * - `VMPL_MISMATCH`: made at another privilege level; 4294967295 means by the host.
 * - `TCB_TOO_OLD`: a component of a TCB is below its floor.
 * - `TCB_FLOOR_MISSING`: the CPU model has no floor, or the report does not name its CPU.
 * - `TCB_INCONSISTENT`: REPORTED_TCB is above CURRENT_TCB.
 * - `REPORT_VERSION_TOO_OLD`, `GUEST_SVN_TOO_OLD`, `FIRMWARE_TOO_OLD`, `ABI_TOO_OLD`: below the minimum.
 * - `GUEST_POLICY_MISMATCH`, `PLATFORM_INFO_MISMATCH`: a bit that is required or forbidden.
 * - `PLATFORM_INFO_UNKNOWN`: a bit of PLATFORM_INFO without a name.
 * - `MITIGATION_MISSING`: a required mitigation was not in force.
 */
export type FindingCode =
  | "HARDWARE_MISMATCH"
  | "MEASUREMENT_MISMATCH"
  | "HOST_DATA_MISMATCH"
  | "HOST_DATA_ALLOWS_ALL"
  | "REPORT_DATA_MISMATCH"
  | "CHIP_ID_MISMATCH"
  | "FAMILY_ID_MISMATCH"
  | "IMAGE_ID_MISMATCH"
  | "REPORT_ID_MISMATCH"
  | "REPORT_ID_MA_MISMATCH"
  | "SIGNER_MISMATCH"
  | "CSP_ID_MISMATCH"
  | "ID_KEY_MISMATCH"
  | "AUTHOR_KEY_MISMATCH"
  | "DEBUG_ALLOWED"
  | "MIGRATION_AGENT_ALLOWED"
  | "PROVISIONAL_FIRMWARE"
  | "VMPL_MISMATCH"
  | "TCB_TOO_OLD"
  | "TCB_FLOOR_MISSING"
  | "TCB_INCONSISTENT"
  | "REPORT_VERSION_TOO_OLD"
  | "GUEST_SVN_TOO_OLD"
  | "FIRMWARE_TOO_OLD"
  | "ABI_TOO_OLD"
  | "GUEST_POLICY_MISMATCH"
  | "PLATFORM_INFO_MISMATCH"
  | "PLATFORM_INFO_UNKNOWN"
  | "MITIGATION_MISSING";

/** One way in which a genuine report differs from the policy. */
export interface Finding {
  readonly code: FindingCode;
  /** The field of the report, such as `tcb.reported.snp`. */
  readonly field: string;
  readonly expected: string;
  readonly seen: string;
}

/**
 * Compares a genuine report with a policy and returns every difference; an empty list means it is wanted. Throws
 * REFERENCE_VALUES_INCOMPLETE when the policy is not whole.
 */
export function validateReport(verified: VerifiedReport, policy: ReportPolicy): readonly Finding[] {
  checkPolicy(policy);
  const { report } = verified;
  const reportData = "equals" in policy.reportData ? { anyOf: [policy.reportData.equals] } : policy.reportData;
  const authorKey = report.authorKeyEnabled ? report.authorKeyDigest : new Uint8Array(0);
  const authorVouches = !isUnchecked(policy.authorKeyDigest) && isListed(authorKey, policy.authorKeyDigest);
  return [
    ...hardware(verified, policy.hardware),
    ...listed("MEASUREMENT_MISMATCH", "measurement", report.measurement, policy.measurement),
    ...listed("HOST_DATA_MISMATCH", "hostData", report.hostData, policy.hostData),
    ...allowAll(report.hostData, policy.allowAllPolicy),
    ...listed("REPORT_DATA_MISMATCH", "reportData", report.reportData, reportData),
    ...listed("CHIP_ID_MISMATCH", "chipId", report.chipId, policy.chipId),
    ...named("SIGNER_MISMATCH", "keyInfo.signingKey", verified.signer, policy.signer),
    ...(verified.cspId === null ? [] : named("CSP_ID_MISMATCH", "certificates.cspId", verified.cspId, policy.cspId)),
    ...listed("FAMILY_ID_MISMATCH", "familyId", report.familyId, policy.familyId),
    ...listed("IMAGE_ID_MISMATCH", "imageId", report.imageId, policy.imageId),
    ...listed("REPORT_ID_MISMATCH", "reportId", report.reportId, policy.reportId),
    ...listed("REPORT_ID_MA_MISMATCH", "reportIdMa", report.reportIdMa, policy.reportIdMa),
    ...(authorVouches ? [] : listed("ID_KEY_MISMATCH", "idKeyDigest", report.idKeyDigest, policy.idKeyDigest)),
    ...listed("AUTHOR_KEY_MISMATCH", "authorKeyDigest", authorKey, policy.authorKeyDigest),
    ...permitted("DEBUG_ALLOWED", "policy.debug", report.policy.debug, policy.debug),
    ...permitted("MIGRATION_AGENT_ALLOWED", "policy.migrateMa", report.policy.migrateMa, policy.migrationAgent),
    ...permitted("PROVISIONAL_FIRMWARE", "committedTcb", isProvisional(verified), policy.provisionalFirmware),
    ...(report.vmpl === policy.vmpl ? [] : [finding("VMPL_MISMATCH", "vmpl", `${policy.vmpl}`, `${report.vmpl}`)]),
    ...tcbFloor(verified, policy.minimumTcb),
    ...below("TCB_INCONSISTENT", "tcb.current", verified.product, verified.tcb.current, verified.tcb.reported),
    ...firmware(verified, policy.minimumFirmware),
    ...versions(
      "ABI_TOO_OLD",
      "policy.abi",
      [report.policy.abiMajor, report.policy.abiMinor],
      abiOf(policy.minimumAbi),
    ),
    ...atLeast("REPORT_VERSION_TOO_OLD", "version", report.version, policy.minimumReportVersion),
    ...atLeast("GUEST_SVN_TOO_OLD", "guestSvn", report.guestSvn, policy.minimumGuestSvn),
    ...bits("GUEST_POLICY_MISMATCH", "policy", report.policy, policy.guestPolicy),
    ...bits("PLATFORM_INFO_MISMATCH", "platformInfo", report.platformInfo, policy.platformInfo),
    ...unknownBits(report.platformInfo.value, policy.unknownPlatformBits),
    ...mitigations(verified, policy.mitigations),
  ];
}

function finding(code: FindingCode, field: string, expected: string, seen: string): Finding {
  return { code, field, expected, seen };
}

function hardware({ hardwareRoot, product }: VerifiedReport, rule: ReportPolicy["hardware"]): readonly Finding[] {
  if (isUnchecked(rule)) return [];
  const seen = hardwareRoot === "simulated" ? hardwareRoot : product;
  return rule.anyOf.includes(seen) ? [] : [finding("HARDWARE_MISMATCH", "hardware", listText(rule.anyOf), seen)];
}

function listed(
  code: FindingCode,
  field: string,
  seen: Uint8Array,
  rule: AnyOf<Uint8Array> | Unchecked,
): readonly Finding[] {
  if (isUnchecked(rule) || isListed(seen, rule)) return [];
  return [finding(code, field, listText(rule.anyOf.map(toHex)), seen.length === 0 ? "none" : toHex(seen))];
}

function isListed(seen: Uint8Array, { anyOf }: AnyOf<Uint8Array>): boolean {
  return anyOf.some((accepted) => equalBytes(accepted, seen));
}

function named<Name extends string>(
  code: FindingCode,
  field: string,
  seen: Name,
  rule: AnyOf<Name> | Unchecked,
): readonly Finding[] {
  return isUnchecked(rule) || rule.anyOf.includes(seen) ? [] : [finding(code, field, listText(rule.anyOf), seen)];
}

function allowAll(hostData: Uint8Array, permission: Permission): readonly Finding[] {
  const name = allowAllPolicyName(hostData);
  if (name === null || permission !== "forbidden") return [];
  return [finding("HOST_DATA_ALLOWS_ALL", "hostData", "a policy that does not allow everything", name)];
}

function listText(values: readonly string[]): string {
  return values.length === 0 ? "nothing is accepted" : values.join(" or ");
}

function permitted(code: FindingCode, field: string, isSo: boolean, permission: Permission): readonly Finding[] {
  return isSo && permission === "forbidden" ? [finding(code, field, "false", "true")] : [];
}

function isProvisional({ report }: VerifiedReport): boolean {
  const { currentVersion: current, committedVersion: committed } = report;
  const isSameVersion = (["major", "minor", "build"] as const).every((part) => current[part] === committed[part]);
  return !isSameVersion || !equalBytes(report.currentTcb.bytes, report.committedTcb.bytes);
}

const tcbNames = ["reported", "committed", "current", "launch"] as const;

function tcbFloor(verified: VerifiedReport, rule: ReportPolicy["minimumTcb"]): readonly Finding[] {
  if (isUnchecked(rule)) return [];
  if (!hasFloorsByTcb(rule)) return floorsOf(verified, rule, tcbNames);
  return tcbNames.flatMap((name) => {
    const floors = rule.byTcb[name];
    return isUnchecked(floors) ? [] : floorsOf(verified, floors, [name]);
  });
}

function hasFloorsByTcb(rule: TcbFloors | FloorsByTcb): rule is FloorsByTcb {
  return "byTcb" in rule;
}

function floorsOf(
  { report, product, tcb }: VerifiedReport,
  floors: TcbFloors,
  names: readonly TcbName[],
): readonly Finding[] {
  const seen = report.cpuid === null ? "no CPU in a version 2 report" : cpuModelKey(report.cpuid);
  const floor = report.cpuid === null ? undefined : floors[cpuModelKey(report.cpuid)];
  if (floor === undefined) return [finding("TCB_FLOOR_MISSING", "cpuid", listText(Object.keys(floors)), seen)];
  return names.flatMap((name) => below("TCB_TOO_OLD", `tcb.${name}`, product, tcb[name], floor));
}

/** Component by component: a TCB is not above another because one part of it is. */
function below(
  code: FindingCode,
  field: string,
  product: Product,
  seen: TcbComponents,
  floor: TcbComponents,
): readonly Finding[] {
  return tcbComponentsOf(product).flatMap((component) => {
    const [want, have] = [floor[component], seen[component]];
    if (want === undefined) {
      throw new AttestationError("REFERENCE_VALUES_INCOMPLETE", `minimumTcb has no ${component} for ${product}`, {
        field: "minimumTcb",
      });
    }
    return have !== undefined && have >= want
      ? []
      : [finding(code, `${field}.${component}`, `at least ${want}`, `${have}`)];
  });
}

function firmware({ report }: VerifiedReport, minimum: ReportPolicy["minimumFirmware"]): readonly Finding[] {
  if (isUnchecked(minimum)) return [];
  const parts = ({ major, minor, build }: FirmwareVersion) => [major, minor, build];
  return (["currentVersion", "committedVersion"] as const).flatMap((field) =>
    versions("FIRMWARE_TOO_OLD", field, parts(report[field]), parts(minimum)),
  );
}

function abiOf(minimum: ReportPolicy["minimumAbi"]): readonly number[] {
  return isUnchecked(minimum) ? [] : [minimum.major, minimum.minor];
}

/** The first part that differs decides; an empty minimum is below everything. */
function versions(
  code: FindingCode,
  field: string,
  seen: readonly number[],
  minimum: readonly number[],
): readonly Finding[] {
  const at = minimum.findIndex((part, index) => part !== seen[index]);
  const isBelow = at >= 0 && (seen[at] ?? 0) < (minimum[at] ?? 0);
  return isBelow ? [finding(code, field, `at least ${minimum.join(".")}`, seen.join("."))] : [];
}

/** Bits 8 to 63 have no name (AMD 56860, PLATFORM_INFO). */
function unknownBits(platformInfo: bigint, permission: Permission): readonly Finding[] {
  const unknown = platformInfo >> 8n;
  if (unknown === 0n || permission !== "forbidden") return [];
  return [finding("PLATFORM_INFO_UNKNOWN", "platformInfo", "bits 0 to 7 alone", `0x${platformInfo.toString(16)}`)];
}

function atLeast(code: FindingCode, field: string, seen: number, minimum: number | Unchecked): readonly Finding[] {
  return isUnchecked(minimum) || seen >= minimum ? [] : [finding(code, field, `at least ${minimum}`, `${seen}`)];
}

function bits<Bit extends string>(
  code: FindingCode,
  field: string,
  value: Readonly<Record<Bit, boolean>>,
  rule: BitRule<Bit> | Unchecked,
): readonly Finding[] {
  if (isUnchecked(rule)) return [];
  // Compared with the wanted value, so that a name that is no bit is neither true nor false and fails both.
  const wanted = (names: readonly Bit[], want: boolean) =>
    names
      .filter((name) => value[name] !== want)
      .map((name) => finding(code, `${field}.${name}`, `${want}`, `${value[name]}`));
  return [...wanted(rule.required, true), ...wanted(rule.forbidden, false)];
}

function mitigations({ report }: VerifiedReport, rule: ReportPolicy["mitigations"]): readonly Finding[] {
  if (isUnchecked(rule)) return [];
  const masks = [
    ["launchMitVector", rule.launch, report.launchMitVector],
    ["currentMitVector", rule.current, report.currentMitVector],
  ] as const;
  // A mask, not a number: a higher vector may lack a lower bit. Reports below version 5 have no vector and so no mitigation.
  return masks
    .filter(([, required, seen]) => ((seen ?? 0n) & required) !== required)
    .map(([field, required, seen]) =>
      finding(
        "MITIGATION_MISSING",
        field,
        `0x${required.toString(16)}`,
        seen === null ? "none" : `0x${seen.toString(16)}`,
      ),
    );
}
