import { mismatch } from "../attestation-error.ts";
import { concatBytes, copyOf, equalBytes, sha256, toHex } from "../encoding/bytes.ts";
import type { VerifiedReport } from "./verify-report.ts";

/**
 * REPORT_DATA for a claims document: SHA-256 of its exact bytes, then 32 zeros (proto/FORMATS.md section 1; the rule of Microsoft Azure
 * Attestation). The one place where it is made and compared.
 */
export async function reportDataOf(claims: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return concatBytes(await sha256(copyOf(claims)), new Uint8Array(32));
}

/** Checks that a genuine report was made over exactly these claims. Throws EVIDENCE_REPORT_DATA. */
export async function verifyBinding({ report }: VerifiedReport, claims: Uint8Array): Promise<void> {
  const expected = await reportDataOf(claims);
  if (!equalBytes(expected, report.reportData)) {
    throw mismatch("EVIDENCE_REPORT_DATA", "reportData", toHex(expected), toHex(report.reportData));
  }
}
