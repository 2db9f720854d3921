// AMD's secure processor for one guest. What the guest is was fixed when it was launched; all that it chooses is REPORT_DATA.
import { Buffer } from "node:buffer";
import { createHash, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import { simulatedCpu, simulatedFirmware, simulatedTcb } from "./simulated-chip.ts";
import type { SimulatedPki } from "./simulated-pki.ts";

/** The documents that a guest was measured to be (proto/FORMATS.md section 2). */
export interface LaunchDocuments {
  /** HOST_DATA is its SHA-256. */
  readonly policyDocument: Uint8Array;
  /** MEASUREMENT is its SHA-384. */
  readonly measurementDocument: Uint8Array;
}

/** One confidential process, as its secure processor knows it. */
export interface Guest extends LaunchDocuments {
  /** DER of VCEK, ASK and ARK. */
  readonly certificates: readonly Uint8Array[];
  /** Signs a report over 64 bytes. Returns 1184 bytes. */
  report(reportData: Uint8Array): Promise<Uint8Array>;
}

const REPORT_SIZE = 0x4a0;
const SIGNED_SIZE = 0x2a0;
const SIGNATURE_R = 0x2a0;
const SIGNATURE_S = 0x2e8;
const INTEGER_SIZE = 48;

const VERSION = 3;
/** Bit 17 is always set; bit 16 lets the host use SMT. Debugging and migration are off. */
const GUEST_POLICY = 0x30000n;
/** SMT_EN, ECC_EN, ALIAS_CHECK_COMPLETE: what most Milan hosts report. */
const PLATFORM_INFO = 0x25n;
const ECDSA_P384_SHA384 = 1;

const signAsync = promisify(
  (data: Uint8Array, key: SimulatedPki["vcekKey"], done: (error: Error | null, signature: Buffer) => void): void =>
    sign("sha384", data, { key, dsaEncoding: "ieee-p1363" }, done),
);

/** TCB_VERSION in Milan's layout. */
const tcbBytes = Buffer.from([
  simulatedTcb.bootLoader,
  simulatedTcb.tee,
  0,
  0,
  0,
  0,
  simulatedTcb.snp,
  simulatedTcb.microcode,
]);
const { family, model, stepping } = simulatedCpu;
const firmware = Buffer.from([simulatedFirmware.build, simulatedFirmware.minor, simulatedFirmware.major, 0]);

/** Everything of the report but REPORT_DATA and the signature. Offsets: AMD 56860, table ATTESTATION_REPORT. */
const fixedPart = ({ chipId }: SimulatedPki, { policyDocument, measurementDocument }: LaunchDocuments): Buffer => {
  const report = Buffer.alloc(REPORT_SIZE);
  report.writeUInt32LE(VERSION, 0x00);
  report.writeBigUInt64LE(GUEST_POLICY, 0x08);
  // GUEST_SVN, FAMILY_ID, IMAGE_ID and both key digests stay zero: there is no ID block. VMPL and key info (a VCEK signs) are zero too.
  report.writeUInt32LE(ECDSA_P384_SHA384, 0x34);
  report.writeBigUInt64LE(PLATFORM_INFO, 0x40);
  createHash("sha384").update(measurementDocument).digest().copy(report, 0x90);
  createHash("sha256").update(policyDocument).digest().copy(report, 0xc0);
  randomBytes(32).copy(report, 0x140); // REPORT_ID: random per guest, constant over its life
  report.fill(0xff, 0x160, 0x180); // REPORT_ID_MA: no migration agent
  Buffer.from([family, model, stepping]).copy(report, 0x188);
  Buffer.from(chipId).copy(report, 0x1a0);
  // CURRENT, REPORTED, COMMITTED and LAUNCH_TCB: the firmware is committed and has not changed since the launch.
  for (const offset of [0x38, 0x180, 0x1e0, 0x1f0]) tcbBytes.copy(report, offset);
  for (const offset of [0x1e8, 0x1ec]) firmware.copy(report, offset);
  return report;
};

/** Launches a guest: fixes HOST_DATA, MEASUREMENT and REPORT_ID for its life. */
export const createGuest = (pki: SimulatedPki, documents: LaunchDocuments): Guest => {
  const fixed = fixedPart(pki, documents);
  return {
    policyDocument: documents.policyDocument,
    measurementDocument: documents.measurementDocument,
    certificates: pki.certificates,
    async report(reportData) {
      if (reportData.length !== 64) throw new RangeError(`report data is ${reportData.length} bytes, want 64`);
      const report = Buffer.from(fixed);
      report.set(reportData, 0x50);
      const signature = await signAsync(report.subarray(0, SIGNED_SIZE), pki.vcekKey);
      // r and s, big-endian here, are little-endian in slots of 72 bytes there.
      report.set(signature.subarray(0, INTEGER_SIZE).toReversed(), SIGNATURE_R);
      report.set(signature.subarray(INTEGER_SIZE).toReversed(), SIGNATURE_S);
      return report;
    },
  };
};
