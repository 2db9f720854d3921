// ATTESTATION_REPORT, AMD 56860 (SEV-SNP firmware ABI), versions 2 to 5. Offsets are those of that table.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { type Bytes, copyOf, isZero, toHex } from "../encoding/bytes.ts";
import { type GuestPolicy, parseGuestPolicy, parsePlatformInfo, type PlatformInfo } from "./guest-policy.ts";
import type { TcbVersion } from "./tcb.ts";

/** Bytes of a report. */
export const REPORT_SIZE = 1184;
/** The signature covers the report up to here; what follows is the signature itself. */
export const SIGNED_SIZE = 0x2a0;
/** Offsets of the two integers of the signature: 48 significant bytes, little-endian, in 72. */
export const SIGNATURE_R = 0x2a0;
export const SIGNATURE_S = 0x2e8;

/** Firmware version: major, minor (the ABI) and build. */
export interface FirmwareVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

/** The fields of a report, in AMD's words. Parsed and not judged: nothing here is verified. */
export interface AttestationReport {
  readonly version: 2 | 3 | 4 | 5;
  /** From the ID block of the guest; 0 without one. */
  readonly guestSvn: number;
  readonly policy: GuestPolicy;
  /** 16 bytes. */
  readonly familyId: Uint8Array;
  /** 16 bytes. */
  readonly imageId: Uint8Array;
  /** 0 to 3; 4294967295 says that the host asked for the report, not the guest. */
  readonly vmpl: number;
  /** 1: ECDSA on P-384 with SHA-384. Nothing else is defined. */
  readonly signatureAlgo: 1;
  readonly currentTcb: TcbVersion;
  readonly platformInfo: PlatformInfo;
  readonly authorKeyEnabled: boolean;
  /** The firmware did not sign. (MaskChipId, which zeroes CHIP_ID, is another setting and shows nowhere but there.) */
  readonly maskChipKey: boolean;
  readonly signingKey: "vcek" | "vlek" | "none";
  /** 64 bytes, chosen by whoever asked for the report. */
  readonly reportData: Uint8Array;
  /** 48 bytes: the launch digest. */
  readonly measurement: Uint8Array;
  /** 32 bytes, set by the host at launch. */
  readonly hostData: Uint8Array;
  /** 48 bytes; zero without an ID block. */
  readonly idKeyDigest: Uint8Array;
  /** 48 bytes; means something only when `authorKeyEnabled`. */
  readonly authorKeyDigest: Uint8Array;
  /** 32 bytes: random per guest, constant over its life. */
  readonly reportId: Uint8Array;
  /** 32 bytes: the migration agent's; all ones without one. */
  readonly reportIdMa: Uint8Array;
  /** The TCB from which the signing key is derived. */
  readonly reportedTcb: TcbVersion;
  /** From version 3 on; the product is not signed before. */
  readonly cpuid: { readonly family: number; readonly model: number; readonly stepping: number } | null;
  /** 64 bytes; all zero when the host masks it. */
  readonly chipId: Uint8Array;
  /** The firmware cannot be rolled back below this. */
  readonly committedTcb: TcbVersion;
  readonly currentVersion: FirmwareVersion;
  readonly committedVersion: FirmwareVersion;
  readonly launchTcb: TcbVersion;
  /** Bit mask, from version 5 on. */
  readonly launchMitVector: bigint | null;
  /** Bit mask, from version 5 on. */
  readonly currentMitVector: bigint | null;
}

/**
 * Parses a report. Exactly 1184 bytes; every reserved byte, the padding of the signature and the bytes behind it must be zero, because
 * the signature covers none of the latter. Throws REPORT_MALFORMED (with the field and the offset) and REPORT_VERSION_UNSUPPORTED.
 */
export function parseReport(bytes: Uint8Array): AttestationReport {
  if (bytes.length !== REPORT_SIZE) {
    throw mismatch("REPORT_MALFORMED", "report size", `${REPORT_SIZE} bytes`, `${bytes.length} bytes`);
  }
  const report = copyOf(bytes);
  const view = new DataView(report.buffer);
  const u32 = (offset: number) => view.getUint32(offset, true);
  const u64 = (offset: number) => view.getBigUint64(offset, true);
  const field = (offset: number, length: number) => report.slice(offset, offset + length);
  const tcb = (offset: number): TcbVersion => ({ bytes: field(offset, 8), value: u64(offset) });
  const firmware = (offset: number): FirmwareVersion => ({
    build: view.getUint8(offset),
    minor: view.getUint8(offset + 1),
    major: view.getUint8(offset + 2),
  });

  // The version first: a newer one must be named as that, not as a reserved byte that is not zero.
  const version = versionOf(u32(0x00));
  const hasCpuid = version >= 3;
  const hasMitigations = version >= 5;
  checkReserved(report, reservedRanges(hasCpuid, hasMitigations));
  return {
    version,
    guestSvn: u32(0x04),
    policy: policyOf(u64(0x08)),
    familyId: field(0x10, 16),
    imageId: field(0x20, 16),
    vmpl: u32(0x30),
    signatureAlgo: algorithmOf(u32(0x34)),
    currentTcb: tcb(0x38),
    platformInfo: parsePlatformInfo(u64(0x40)),
    ...keyInfoOf(u32(0x48)),
    reportData: field(0x50, 64),
    measurement: field(0x90, 48),
    hostData: field(0xc0, 32),
    idKeyDigest: field(0xe0, 48),
    authorKeyDigest: field(0x110, 48),
    reportId: field(0x140, 32),
    reportIdMa: field(0x160, 32),
    reportedTcb: tcb(0x180),
    cpuid: hasCpuid
      ? { family: view.getUint8(0x188), model: view.getUint8(0x189), stepping: view.getUint8(0x18a) }
      : null,
    chipId: field(0x1a0, 64),
    committedTcb: tcb(0x1e0),
    currentVersion: firmware(0x1e8),
    committedVersion: firmware(0x1ec),
    launchTcb: tcb(0x1f0),
    launchMitVector: hasMitigations ? u64(0x1f8) : null,
    currentMitVector: hasMitigations ? u64(0x200) : null,
  };
}

function versionOf(version: number): AttestationReport["version"] {
  if (version === 2 || version === 3 || version === 4 || version === 5) return version;
  throw mismatch("REPORT_VERSION_UNSUPPORTED", "version", "2 to 5", `${version}`);
}

function algorithmOf(algorithm: number): 1 {
  if (algorithm === 1) return algorithm;
  throw malformed("signatureAlgo", 0x34, "1", `${algorithm}`);
}

function policyOf(value: bigint): GuestPolicy {
  const policy = parseGuestPolicy(value);
  if (policy === null) throw malformed("policy", 0x08, "bit 17 set and bits 26 to 63 clear", `0x${value.toString(16)}`);
  return policy;
}

const signingKeys = new Map<number, AttestationReport["signingKey"]>([
  [0, "vcek"],
  [1, "vlek"],
  [7, "none"],
]);

function keyInfoOf(word: number): Pick<AttestationReport, "authorKeyEnabled" | "maskChipKey" | "signingKey"> {
  const signingKey = signingKeys.get((word >>> 2) & 7);
  if (signingKey === undefined || word >>> 5 !== 0) {
    throw malformed("keyInfo", 0x48, "a known signing key and bits 5 to 31 clear", `0x${word.toString(16)}`);
  }
  return { authorKeyEnabled: (word & 1) !== 0, maskChipKey: (word & 2) !== 0, signingKey };
}

interface ReservedRange {
  readonly field: string;
  /** Offset of the first byte. */
  readonly from: number;
  /** Offset behind the last byte. */
  readonly to: number;
}

function reservedRanges(hasCpuid: boolean, hasMitigations: boolean): readonly ReservedRange[] {
  return [
    { field: "reserved", from: 0x4c, to: 0x50 },
    { field: "reserved", from: hasCpuid ? 0x18b : 0x188, to: 0x1a0 },
    { field: "reserved", from: 0x1eb, to: 0x1ec },
    { field: "reserved", from: 0x1ef, to: 0x1f0 },
    { field: "reserved", from: hasMitigations ? 0x208 : 0x1f8, to: SIGNED_SIZE },
    { field: "signature", from: SIGNATURE_R + 48, to: SIGNATURE_S },
    { field: "signature", from: SIGNATURE_S + 48, to: SIGNATURE_S + 72 },
    { field: "reserved behind the signature", from: SIGNATURE_S + 72, to: REPORT_SIZE },
  ];
}

function checkReserved(report: Bytes, ranges: readonly ReservedRange[]): void {
  for (const { field, from, to } of ranges) {
    const bytes = report.subarray(from, to);
    if (!isZero(bytes)) throw malformed(field, from + bytes.findIndex((byte) => byte !== 0), "zero", toHex(bytes));
  }
}

function malformed(field: string, offset: number, expected: string, seen: string): AttestationError {
  return new AttestationError("REPORT_MALFORMED", `${field} at byte ${offset} is ${seen}, want ${expected}`, {
    field,
    offset,
    expected,
    seen,
  });
}
