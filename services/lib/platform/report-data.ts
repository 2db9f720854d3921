// What every source is asked, and what its answer is compared with. No source is trusted to have answered this question: the host is
// between it and the secure processor.
import { Buffer } from "node:buffer";
import { type AttestationReport, parseReport } from "#attestation";
import { mismatch, PlatformError } from "./platform-error.ts";

const REPORT_DATA_SIZE = 64;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/**
 * The bytes to ask for, in memory of their own.
 *
 * @throws {PlatformError} REPORT_DATA_INVALID unless they are 64
 */
export const copyReportData = (reportData: Uint8Array): Uint8Array => {
  const size = reportData.length;
  if (size === REPORT_DATA_SIZE) return Uint8Array.from(reportData);
  throw new PlatformError("REPORT_DATA_INVALID", `report data is ${size} bytes, want ${REPORT_DATA_SIZE}`, { size });
};

/**
 * Parses the answer to a request: exactly one report, over exactly these bytes. Whether it is genuine is for a verifier to say.
 *
 * @throws {PlatformError} REPORT_MISMATCH
 */
export const reportOver = (reportData: Uint8Array, answer: Uint8Array): AttestationReport => {
  let report: AttestationReport;
  try {
    report = parseReport(answer);
  } catch (cause) {
    throw mismatch("answer is not an attestation report", cause);
  }
  if (Buffer.compare(report.reportData, reportData) === 0) return report;
  throw mismatch(`REPORT_DATA is ${hex(report.reportData)}, want ${hex(reportData)}`);
};
