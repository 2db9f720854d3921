/** A report that is well formed and signed by nobody: sources compare REPORT_DATA, they do not verify. */
export const unsignedReport = (reportData: Uint8Array, { vmpl = 0, version = 3 } = {}): Buffer => {
  const report = Buffer.alloc(1184);
  report.writeUInt32LE(version, 0);
  report.writeBigUInt64LE(0x30000n, 8);
  report.writeUInt32LE(vmpl, 0x30);
  report.writeUInt32LE(1, 0x34);
  report.set(reportData, 0x50);
  return report;
};
