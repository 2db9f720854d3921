// Which fields of a report a policy is about, and which of them it leaves unchecked, so that nothing passes for checked that is not.
import { cpuModelKey } from "../report/product.ts";
import type { AttestationReport } from "../report/report.ts";
import { isUnchecked, memberOf } from "../validate/policy-rules.ts";
import type { ReportPolicy, TcbName } from "../validate/report-policy.ts";
import type { FieldName } from "./evidence-fields.ts";

/** Total, so that a new member without a field does not compile. A field has one member: a second would go unseen. */
const fieldsOf: Readonly<Record<keyof ReportPolicy, readonly FieldName[]>> = {
  hardware: ["hardware"],
  measurement: ["measurement"],
  hostData: ["hostData"],
  allowAllPolicy: ["allowAllPolicy"],
  reportData: ["reportData"],
  chipId: ["chipId"],
  signer: ["keyInfo.signingKey"],
  cspId: ["certificates.cspId"],
  familyId: ["familyId"],
  imageId: ["imageId"],
  reportId: ["reportId"],
  reportIdMa: ["reportIdMa"],
  idKeyDigest: ["idKeyDigest"],
  authorKeyDigest: ["authorKeyDigest", "keyInfo.authorKeyEnabled"],
  debug: ["policy.debug"],
  migrationAgent: ["policy.migrateMa"],
  provisionalFirmware: ["provisionalFirmware"],
  vmpl: ["vmpl"],
  minimumTcb: [
    "cpuid",
    "tcb.reported.fmc",
    "tcb.reported.bootLoader",
    "tcb.reported.tee",
    "tcb.reported.snp",
    "tcb.reported.microcode",
    "tcb.committed",
    "tcb.current",
    "tcb.launch",
  ],
  minimumFirmware: ["currentVersion", "committedVersion"],
  minimumAbi: ["policy.abi"],
  unknownPlatformBits: ["platformInfo"],
  minimumReportVersion: ["version"],
  minimumGuestSvn: ["guestSvn"],
  guestPolicy: [
    "policy.smt",
    "policy.singleSocket",
    "policy.cxlAllow",
    "policy.memAes256Xts",
    "policy.raplDis",
    "policy.ciphertextHidingDram",
    "policy.pageSwapDisable",
  ],
  platformInfo: [
    "platformInfo.smtEn",
    "platformInfo.tsmeEn",
    "platformInfo.eccEn",
    "platformInfo.raplDis",
    "platformInfo.ciphertextHidingDramEn",
    "platformInfo.aliasCheckComplete",
    "platformInfo.iommuWriteSafe",
    "platformInfo.tioEn",
  ],
  mitigations: ["launchMitVector", "currentMitVector"],
};

// The keys of a record over keyof ReportPolicy are its members.
const members = Object.keys(fieldsOf) as readonly (keyof ReportPolicy)[];

/** The member of a policy that is about a field; `undefined` when none is. */
function memberAbout(name: FieldName): keyof ReportPolicy | undefined {
  return members.find((member) => fieldsOf[member].includes(name));
}

/** True for a field that a policy can speak of. */
export function hasRule(name: FieldName): boolean {
  return memberAbout(name) !== undefined;
}

/** Tells why a policy leaves a field of this report unchecked; `null` when it checks it. Without a policy, nothing is checked. */
export function leftUnchecked(name: FieldName, policy: ReportPolicy | null, report: AttestationReport): string | null {
  const member = memberAbout(name);
  if (member === undefined) return "no rule is about it";
  if (policy === null) return "no reference value was given";
  const rule: unknown = policy[member];
  if (isUnchecked(rule)) return rule.unchecked;
  const allowed = memberOf(rule, "allowed");
  if (typeof allowed === "string") return `allowed: ${allowed}`;
  if (member === "guestPolicy" || member === "platformInfo") {
    return isNamed(name, policy[member]) ? null : "the policy takes both";
  }
  if (member === "minimumTcb") return withoutMinimum(name, policy.minimumTcb, report);
  if (member === "mitigations" && wantsNone(name, policy.mitigations)) return "the policy wants none";
  return null;
}

function isNamed(name: FieldName, rule: ReportPolicy["guestPolicy"] | ReportPolicy["platformInfo"]): boolean {
  return !isUnchecked(rule) && [...rule.required, ...rule.forbidden].some((bit) => name.endsWith(`.${bit}`));
}

/** Why a TCB has no minimum to be compared with. The CPU decides about minimums and needs only one TCB that has any. */
function withoutMinimum(
  name: FieldName,
  rule: ReportPolicy["minimumTcb"],
  { cpuid }: AttestationReport,
): string | null {
  if (isUnchecked(rule)) return rule.unchecked;
  const floorsOf = (tcb: TcbName) => ("byTcb" in rule ? rule.byTcb[tcb] : rule);
  if (name === "cpuid") {
    return tcbNames.every((tcb) => isUnchecked(floorsOf(tcb))) ? "the policy has no minimum for any TCB" : null;
  }
  const floors = floorsOf(tcbNames.find((tcb) => name.startsWith(`tcb.${tcb}`)) ?? "reported");
  if (isUnchecked(floors)) return floors.unchecked;
  const floor = cpuid === null ? undefined : floors[cpuModelKey(cpuid)];
  return floor === undefined ? "the policy has no minimum for this CPU" : null;
}

const tcbNames = ["reported", "committed", "current", "launch"] as const satisfies readonly TcbName[];

function wantsNone(name: FieldName, rule: ReportPolicy["mitigations"]): boolean {
  return !isUnchecked(rule) && (name === "launchMitVector" ? rule.launch : rule.current) === 0n;
}
