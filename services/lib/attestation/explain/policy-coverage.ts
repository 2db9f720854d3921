// Which fields of a report a policy is about, and which of them it leaves unchecked, so that nothing passes for checked that is not.
import { cpuModelKey } from "../report/product.ts";
import type { AttestationReport } from "../report/report.ts";
import { isUnchecked, memberOf } from "../validate/policy-rules.ts";
import type { ReportPolicy, TcbName } from "../validate/report-policy.ts";
import type { FieldName } from "./evidence-fields.ts";

/** Total, so that a new member without a field does not compile. */
const fieldsOf: Readonly<Record<keyof ReportPolicy, readonly FieldName[]>> = {
  hardware: ["hardware"],
  measurement: ["measurement"],
  hostData: ["hostData"],
  allowAllPolicy: ["hostData"],
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

/** Tells why a policy leaves a field of this report unchecked; `null` when it checks it. Without a policy, nothing is checked. */
export function leftUnchecked(name: FieldName, policy: ReportPolicy | null, report: AttestationReport): string | null {
  // The keys of a record over keyof ReportPolicy are its members.
  const members = Object.keys(fieldsOf) as readonly (keyof ReportPolicy)[];
  const member = members.find((candidate) => fieldsOf[candidate].includes(name));
  if (member === undefined) return "no rule is about it";
  if (policy === null) return "no reference value was given";
  const rule: unknown = policy[member];
  if (isUnchecked(rule)) return rule.unchecked;
  const allowed = memberOf(rule, "allowed");
  if (typeof allowed === "string") return `allowed: ${allowed}`;
  return leftOpen(name, policy, report);
}

function tcbOf(name: string | undefined): TcbName {
  return name === "committed" || name === "current" || name === "launch" ? name : "reported";
}

/** What a rule that is there leaves open all the same. */
function leftOpen(name: FieldName, policy: ReportPolicy, { cpuid }: AttestationReport): string | null {
  const [word, bit] = name.split(".");
  const { guestPolicy, platformInfo, minimumTcb, mitigations } = policy;
  const isOpen = (rule: ReportPolicy["guestPolicy"] | ReportPolicy["platformInfo"]) =>
    !isUnchecked(rule) && ![...rule.required, ...rule.forbidden].some((named) => named === bit);
  const ownMember = bit === "debug" || bit === "migrateMa";
  if ((word === "policy" && !ownMember && isOpen(guestPolicy)) || (word === "platformInfo" && isOpen(platformInfo))) {
    return "the policy takes both";
  }
  if (word === "tcb" && !isUnchecked(minimumTcb)) {
    const floors = "byTcb" in minimumTcb ? minimumTcb.byTcb[tcbOf(bit)] : minimumTcb;
    if (isUnchecked(floors)) return floors.unchecked;
    const floor = cpuid === null ? undefined : floors[cpuModelKey(cpuid)];
    if (floor === undefined) return "the policy has no minimum for this CPU";
  }
  if (!isUnchecked(mitigations)) {
    const masks: Readonly<Partial<Record<FieldName, bigint>>> = {
      launchMitVector: mitigations.launch,
      currentMitVector: mitigations.current,
    };
    if (masks[name] === 0n) return "the policy wants none";
  }
  return null;
}
