/** The guest policy that the host and the guest owner agreed on at launch (AMD 56860, POLICY). */
export interface GuestPolicy {
  readonly value: bigint;
  readonly abiMajor: number;
  readonly abiMinor: number;
  /** Simultaneous multithreading may be on. */
  readonly smt: boolean;
  /** A migration agent may be associated; it is then part of what is trusted. */
  readonly migrateMa: boolean;
  /** The host may debug: read and write guest memory. */
  readonly debug: boolean;
  readonly singleSocket: boolean;
  /** CXL memory and devices may be used. */
  readonly cxlAllow: boolean;
  /** Memory encryption must be AES-256-XTS. */
  readonly memAes256Xts: boolean;
  /** Running average power limit reporting must be off. */
  readonly raplDis: boolean;
  readonly ciphertextHidingDram: boolean;
  /** The firmware refuses to move and swap guest pages. */
  readonly pageSwapDisable: boolean;
}

/** The known bits of PLATFORM_INFO (AMD 56860) beside the whole value; a bit without a name here is in `value` only. */
export interface PlatformInfo {
  readonly value: bigint;
  readonly smtEn: boolean;
  readonly tsmeEn: boolean;
  readonly eccEn: boolean;
  readonly raplDis: boolean;
  readonly ciphertextHidingDramEn: boolean;
  /** No memory aliases were found since reset: the mitigation of BadRAM. */
  readonly aliasCheckComplete: boolean;
  readonly iommuWriteSafe: boolean;
  readonly tioEn: boolean;
}

const bit = (value: bigint, index: number): boolean => ((value >> BigInt(index)) & 1n) === 1n;

/** Bit 17 is always one. */
const POLICY_RESERVED_ONE = 17;
/** Bits from here up have no meaning yet: a policy that sets one asks for something this verifier does not know. */
const POLICY_FIRST_UNKNOWN = 26n;

/** Splits POLICY; `null` when reserved bits are not as they must be. */
export function parseGuestPolicy(value: bigint): GuestPolicy | null {
  if (!bit(value, POLICY_RESERVED_ONE) || value >> POLICY_FIRST_UNKNOWN !== 0n) return null;
  return {
    value,
    abiMajor: Number((value >> 8n) & 0xffn),
    abiMinor: Number(value & 0xffn),
    smt: bit(value, 16),
    migrateMa: bit(value, 18),
    debug: bit(value, 19),
    singleSocket: bit(value, 20),
    cxlAllow: bit(value, 21),
    memAes256Xts: bit(value, 22),
    raplDis: bit(value, 23),
    ciphertextHidingDram: bit(value, 24),
    pageSwapDisable: bit(value, 25),
  };
}

/** Splits PLATFORM_INFO. Unknown bits are no error: real firmware sets new ones, and a policy can look at `value`. */
export function parsePlatformInfo(value: bigint): PlatformInfo {
  return {
    value,
    smtEn: bit(value, 0),
    tsmeEn: bit(value, 1),
    eccEn: bit(value, 2),
    raplDis: bit(value, 3),
    ciphertextHidingDramEn: bit(value, 4),
    aliasCheckComplete: bit(value, 5),
    iommuWriteSafe: bit(value, 6),
    tioEn: bit(value, 7),
  };
}
