import { reservedBytes } from "../lib/attestation/reserved-bytes.ts";

const view = (report: Uint8Array) => new DataView(report.buffer, report.byteOffset, report.byteLength);
const isZero = (report: Uint8Array, from: number, to: number) => report.subarray(from, to).every((byte) => byte === 0);

/** Whether a report has the form of AMD 56860, written once more from the table there and not from the library. */
export function hasForm(report: Uint8Array): boolean {
  if (report.length !== 1184) return false;
  const u32 = (offset: number) => view(report).getUint32(offset, true);
  const version = u32(0);
  const keyInfo = u32(0x48);
  return (
    [2, 3, 4, 5].includes(version) &&
    u32(0x34) === 1 &&
    [0, 1, 7].includes((keyInfo >>> 2) & 7) &&
    keyInfo < 32 &&
    (u32(0x08) & 0x20000) !== 0 &&
    u32(0x08) < 0x0400_0000 &&
    u32(0x0c) === 0 &&
    reservedBytes.every(([from, to]) => isZero(report, from, to)) &&
    (version >= 3 || isZero(report, 0x188, 0x18b)) &&
    (version >= 5 || isZero(report, 0x1f8, 0x208))
  );
}

/**
 * Whether a report that the fake VCEK has signed is genuine under the fake's chain: it has the form, says that this key signed, and has
 * the product, TCB and chip of the certificate.
 */
export function isGenuine(report: Uint8Array, original: Uint8Array): boolean {
  const kept = (from: number, to: number) =>
    Buffer.compare(report.subarray(from, to), original.subarray(from, to)) === 0;
  if (!hasForm(report)) return false;
  const isSigned = (view(report).getUint32(0x48, true) & 0b11110) === 0;
  const isMilan = report[0] === 2 || (report[0x188] === 0x19 && (report[0x189] ?? 0) <= 0x0f);
  const tcbs = [0x38, 0x180, 0x1e0, 0x1f0].every((tcb) => isZero(report, tcb + 2, tcb + 6));
  return isSigned && isMilan && tcbs && kept(0x180, 0x188) && kept(0x1a0, 0x1e0);
}
