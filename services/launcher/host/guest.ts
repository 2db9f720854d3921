// AMD's secure processor for one guest. What the guest is was fixed when it was launched; all that it chooses is REPORT_DATA.
import { Buffer } from "node:buffer";
import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import { CHIP_ID_SIZE, chipKinds, type ChipTcb, tcbBytes } from "./simulated-chip.ts";
import type { Firmware, Machine } from "./simulated-machine.ts";
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
  /** DER of the leaf, its intermediate and the ARK, for reports as they are signed now. */
  readonly certificates: readonly Uint8Array[];
  /** DER of the root's CRL, as it is now. */
  readonly crls: readonly Uint8Array[];
  /** Signs a report over 64 bytes. Returns 1184 bytes. */
  report(reportData: Uint8Array): Promise<Uint8Array>;
}

const REPORT_SIZE = 0x4a0;
const SIGNED_SIZE = 0x2a0;
const SIGNATURE_R = 0x2a0;
const SIGNATURE_S = 0x2e8;
const INTEGER_SIZE = 48;

/** Bit 17 is always set; bit 16 lets the host use SMT. Debugging and migration are off. */
const GUEST_POLICY = 0x30000n;
/** Bit 5 of PLATFORM_INFO: firmware that writes reports of version 2 does not know it. */
const ALIAS_CHECK_COMPLETE = 0x20n;
const ECDSA_P384_SHA384 = 1;
/** Bits 2 to 4 of the key info: which key signs. */
const signingKey = { vcek: 0 << 2, vlek: 1 << 2 } as const;

const signAsync = promisify(
  (data: Uint8Array, key: KeyObject, done: (error: Error | null, signature: Buffer) => void): void =>
    sign("sha384", data, { key, dsaEncoding: "ieee-p1363" }, done),
);

/** What is fixed for the guest's life when it is launched. Offsets: AMD 56860, table ATTESTATION_REPORT. */
const fixedPart = ({ chip, current }: Machine, { policyDocument, measurementDocument }: LaunchDocuments): Buffer => {
  const report = Buffer.alloc(REPORT_SIZE);
  report.writeBigUInt64LE(GUEST_POLICY, 0x08);
  // GUEST_SVN, FAMILY_ID, IMAGE_ID and both key digests stay zero: there is no ID block. VMPL is zero too.
  report.writeUInt32LE(ECDSA_P384_SHA384, 0x34);
  createHash("sha384").update(measurementDocument).digest().copy(report, 0x90);
  createHash("sha256").update(policyDocument).digest().copy(report, 0xc0);
  randomBytes(32).copy(report, 0x140); // REPORT_ID: random per guest, constant over its life
  report.fill(0xff, 0x160, 0x180); // REPORT_ID_MA: no migration agent
  report.set(tcbBytes(chipKinds[chip].product, current.tcb), 0x1f0); // LAUNCH_TCB
  return report;
};

/** What the machine says of itself at the time of a report. */
const writeMachine = (report: Buffer, machine: Machine): void => {
  const { product, cpu, platformInfo, mitigations } = chipKinds[machine.chip];
  const { reportVersion: version, signer, hwId, current, committed, reportedTcb } = machine;
  const tcb = (value: ChipTcb, offset: number): void => report.set(tcbBytes(product, value), offset);
  const firmware = ({ version: { build, minor, major } }: Firmware, offset: number): void =>
    report.set([build, minor, major], offset);
  report.writeUInt32LE(version, 0x00);
  tcb(current.tcb, 0x38);
  report.writeBigUInt64LE(version === 2 ? platformInfo & ~ALIAS_CHECK_COMPLETE : platformInfo, 0x40);
  report.writeUInt32LE(signingKey[signer], 0x48);
  tcb(reportedTcb, 0x180);
  if (version >= 3) report.set([cpu.family, cpu.model, cpu.stepping], 0x188);
  // CHIP_ID: with a cloud provider's key the machine is not named. On Turin the rest of the 64 bytes stays zero.
  if (signer === "vcek") report.set(hwId.subarray(0, CHIP_ID_SIZE), 0x1a0);
  tcb(committed.tcb, 0x1e0);
  firmware(current, 0x1e8);
  firmware(committed, 0x1ec);
  // LAUNCH_ and CURRENT_MIT_VECTOR
  if (version >= 5) for (const offset of [0x1f8, 0x200]) report.writeBigUInt64LE(mitigations, offset);
};

/** Launches a guest: fixes HOST_DATA, MEASUREMENT, LAUNCH_TCB and REPORT_ID for its life. */
export const createGuest = (pki: SimulatedPki, documents: LaunchDocuments): Guest => {
  const fixed = fixedPart(pki.signer().machine, documents);
  return {
    policyDocument: documents.policyDocument,
    measurementDocument: documents.measurementDocument,
    get certificates() {
      return pki.signer().certificates;
    },
    get crls() {
      return [pki.crl()];
    },
    async report(reportData) {
      if (reportData.length !== 64) throw new RangeError(`report data is ${reportData.length} bytes, want 64`);
      const { machine, key } = pki.signer();
      const report = Buffer.from(fixed);
      writeMachine(report, machine);
      report.set(reportData, 0x50);
      const signature = await signAsync(report.subarray(0, SIGNED_SIZE), key);
      // r and s, big-endian here, are little-endian in slots of 72 bytes there.
      report.set(signature.subarray(0, INTEGER_SIZE).toReversed(), SIGNATURE_R);
      report.set(signature.subarray(INTEGER_SIZE).toReversed(), SIGNATURE_S);
      return report;
    },
  };
};
