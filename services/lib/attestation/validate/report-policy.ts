import type { GuestPolicy, PlatformInfo } from "../report/guest-policy.ts";
import type { CpuModelKey, Product } from "../report/product.ts";
import type { Signer } from "../certificates/roles.ts";
import type { FirmwareVersion } from "../report/report.ts";
import type { TcbComponents } from "../report/tcb.ts";
import {
  type AnyOf,
  type Check,
  checkMembers,
  isBytes,
  isCount,
  isList,
  isPermission,
  isUnchecked,
  listOfBytes,
  memberOf,
  or,
  type Permission,
  type PolicyShape,
  type Unchecked,
} from "./policy-rules.ts";

/** A bit of the guest policy that may be required or forbidden beside debug and migrateMa, which have members of their own. */
export type GuestPolicyBit = Exclude<
  { [Name in keyof GuestPolicy]: GuestPolicy[Name] extends boolean ? Name : never }[keyof GuestPolicy],
  "debug" | "migrateMa"
>;

/** A known bit of PLATFORM_INFO. */
export type PlatformInfoBit = Exclude<keyof PlatformInfo, "value">;

/** Bits that must be one and bits that must be zero; others may be either. */
export interface BitRule<Bit> {
  readonly required: readonly Bit[];
  readonly forbidden: readonly Bit[];
}

/** Minimum TCB of each CPU model; a model without one is refused. Floors hold component by component. */
export type TcbFloors = Readonly<Record<CpuModelKey, TcbComponents>>;

/** The four TCBs of a report. */
export type TcbName = "reported" | "committed" | "current" | "launch";

/** Floors for each TCB of its own, where one for all will not do: launched long ago, but running new firmware. */
export interface FloorsByTcb {
  readonly byTcb: Readonly<Record<TcbName, TcbFloors | Unchecked>>;
}

/** The firmware interface that a guest policy may ask for at least. */
export interface AbiVersion {
  readonly major: number;
  readonly minor: number;
}

/**
 * What a verifier wants of a genuine report. Every member is required: unset does not compile, and is REFERENCE_VALUES_INCOMPLETE
 * where types do not reach. `strictPolicy` fills in the defaults.
 */
export interface ReportPolicy {
  /** `simulated`, or products of AMD's. A simulated root meets no list that does not name it. */
  readonly hardware: AnyOf<"simulated" | Product> | Unchecked;
  /** Launch digests of 48 bytes. */
  readonly measurement: AnyOf<Uint8Array>;
  /** 32 bytes each. */
  readonly hostData: AnyOf<Uint8Array>;
  /** A published policy document that allows everything, even where `hostData` lists it; Azure only. */
  readonly allowAllPolicy: Permission;
  /** 64 bytes. `appraiseEvidence` has compared it with the claims already. */
  readonly reportData: { readonly equals: Uint8Array } | Unchecked;
  /** 64 bytes each; the machines that are trusted. */
  readonly chipId: AnyOf<Uint8Array> | Unchecked;
  /** Which kind of key signed: a chip's, or a cloud provider's. */
  readonly signer: AnyOf<Signer> | Unchecked;
  /** Cloud providers whose VLEKs are trusted, each exactly as `CN=cc-us-east-2.amazonaws.com`; a VCEK has none and needs none. */
  readonly cspId: AnyOf<string> | Unchecked;
  /** 16 bytes each. */
  readonly familyId: AnyOf<Uint8Array> | Unchecked;
  /** 16 bytes each. */
  readonly imageId: AnyOf<Uint8Array> | Unchecked;
  /** 32 bytes each. */
  readonly reportId: AnyOf<Uint8Array> | Unchecked;
  /** 32 bytes each; all ones without a migration agent. */
  readonly reportIdMa: AnyOf<Uint8Array> | Unchecked;
  /** 48 bytes each. Also met by an ID key that a listed author key vouches for. */
  readonly idKeyDigest: AnyOf<Uint8Array> | Unchecked;
  /** 48 bytes each; met only by a report with an author key. */
  readonly authorKeyDigest: AnyOf<Uint8Array> | Unchecked;
  readonly debug: Permission;
  readonly migrationAgent: Permission;
  /** Firmware that is not committed can be rolled back: COMMITTED below CURRENT. */
  readonly provisionalFirmware: Permission;
  /** Exactly this privilege level, 0 to 3. */
  readonly vmpl: number;
  /** Holds for REPORTED, COMMITTED, CURRENT and LAUNCH TCB, unless each has floors of its own. */
  readonly minimumTcb: TcbFloors | FloorsByTcb | Unchecked;
  /** Holds for the current and for the committed firmware. */
  readonly minimumFirmware: FirmwareVersion | Unchecked;
  /** The guest's own policy must not run under older firmware interfaces. */
  readonly minimumAbi: AbiVersion | Unchecked;
  /** 3 refuses reports that do not sign their CPU. */
  readonly minimumReportVersion: number | Unchecked;
  readonly minimumGuestSvn: number | Unchecked;
  readonly guestPolicy: BitRule<GuestPolicyBit> | Unchecked;
  readonly platformInfo: BitRule<PlatformInfoBit> | Unchecked;
  /** Bits of PLATFORM_INFO that nobody has named yet: real firmware sets new ones. */
  readonly unknownPlatformBits: Permission;
  /** Bit masks: mitigations that must have been in force at launch, and that must be in force now. */
  readonly mitigations: { readonly launch: bigint; readonly current: bigint } | Unchecked;
}

/** The members of a policy that have no default, and any other that is to differ from its default. */
export type StrictPolicyInput = Pick<ReportPolicy, "measurement" | "hostData" | "minimumTcb"> & Partial<ReportPolicy>;

/**
 * A policy with the defaults: no debugging, no migration agent, VMPL 0, no allow-all policy document, and no VLEK of a provider that is
 * not listed. What the defaults leave out says why; TCB floors hold for the committed firmware, so that provisional firmware cannot fall
 * below them.
 */
export function strictPolicy(input: StrictPolicyInput): ReportPolicy {
  const notAsked = { unchecked: "no reference value was given" };
  return {
    hardware: { unchecked: "the pinned root decides" },
    reportData: { unchecked: "compared with the claims" },
    chipId: notAsked,
    signer: { unchecked: "a VLEK needs a listed provider" },
    cspId: { anyOf: [] },
    familyId: notAsked,
    imageId: notAsked,
    reportId: notAsked,
    reportIdMa: notAsked,
    idKeyDigest: notAsked,
    authorKeyDigest: notAsked,
    allowAllPolicy: "forbidden",
    debug: "forbidden",
    migrationAgent: "forbidden",
    provisionalFirmware: { allowed: "the floor holds for the committed firmware" },
    vmpl: 0,
    minimumFirmware: notAsked,
    minimumAbi: notAsked,
    unknownPlatformBits: { allowed: "new firmware sets bits that have no name yet" },
    minimumReportVersion: notAsked,
    minimumGuestSvn: notAsked,
    guestPolicy: notAsked,
    platformInfo: notAsked,
    mitigations: notAsked,
    ...input,
  };
}

const isComplete: PolicyShape<ReportPolicy> = {
  hardware: or(isUnchecked, isList),
  measurement: listOfBytes(48),
  hostData: listOfBytes(32),
  allowAllPolicy: isPermission,
  reportData: or(isUnchecked, (value) => isBytes(64)(memberOf(value, "equals"))),
  chipId: or(isUnchecked, listOfBytes(64)),
  signer: or(isUnchecked, isList),
  cspId: or(isUnchecked, isList),
  familyId: or(isUnchecked, listOfBytes(16)),
  imageId: or(isUnchecked, listOfBytes(16)),
  reportId: or(isUnchecked, listOfBytes(32)),
  reportIdMa: or(isUnchecked, listOfBytes(32)),
  idKeyDigest: or(isUnchecked, listOfBytes(48)),
  authorKeyDigest: or(isUnchecked, listOfBytes(48)),
  debug: isPermission,
  migrationAgent: isPermission,
  provisionalFirmware: isPermission,
  vmpl: (value) => [0, 1, 2, 3].some((level) => level === value),
  minimumTcb: or(isUnchecked, isFloors, isFloorsByTcb),
  minimumFirmware: or(isUnchecked, hasCounts("major", "minor", "build")),
  minimumAbi: or(isUnchecked, hasCounts("major", "minor")),
  unknownPlatformBits: isPermission,
  minimumReportVersion: or(isUnchecked, isCount),
  minimumGuestSvn: or(isUnchecked, isCount),
  guestPolicy: or(isUnchecked, isBitRule),
  platformInfo: or(isUnchecked, isBitRule),
  mitigations: or(
    isUnchecked,
    (value) => typeof memberOf(value, "launch") === "bigint" && typeof memberOf(value, "current") === "bigint",
  ),
};

/** Checks that every member is set and has its shape. Throws REFERENCE_VALUES_INCOMPLETE naming the member. */
export function checkPolicy(policy: ReportPolicy): void {
  checkMembers(policy, isComplete);
}

function isBitRule(value: unknown): boolean {
  return Array.isArray(memberOf(value, "required")) && Array.isArray(memberOf(value, "forbidden"));
}

function isFloors(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(
    ([model, floor]) =>
      /^[0-9a-f]{2}-[0-9a-f]{2}$/.test(model) && hasCounts("bootLoader", "tee", "snp", "microcode")(floor),
  );
}

function isFloorsByTcb(value: unknown): boolean {
  const byTcb = memberOf(value, "byTcb");
  return ["reported", "committed", "current", "launch"].every((name) =>
    or(isUnchecked, isFloors)(memberOf(byTcb, name)),
  );
}

function hasCounts(...names: readonly string[]): Check {
  return (value) => names.every((name) => isCount(memberOf(value, name)));
}

/** What a policy leaves out, each as `member: reason`, so that a verdict can say it. */
export function leftOut(policy: ReportPolicy): readonly string[] {
  return Object.entries<unknown>({ ...policy }).flatMap(([member, rule]) => {
    const reason = isUnchecked(rule) ? rule.unchecked : memberOf(rule, "allowed");
    return typeof reason === "string" ? [`${member}: ${reason}`] : [];
  });
}
