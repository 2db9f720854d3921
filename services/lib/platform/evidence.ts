import { parseClaims, reportDataOf } from "#attestation";
import { PlatformError } from "./platform-error.ts";
import type { SecureProcessor, SecureProcessorReport } from "./secure-processor.ts";

/** Evidence of what this workload is, over a claims document. */
export interface PlatformEvidence extends SecureProcessorReport {
  /** The exact bytes of the claims document; REPORT_DATA is made of their SHA-256. */
  readonly runtimeClaims: Uint8Array;
}

/**
 * Makes evidence over a claims document. The document goes through the verifier's own parser first: what no verifier would accept is
 * never signed.
 *
 * @throws {PlatformError} CLAIMS_INVALID, and whatever the secure processor throws
 */
export const evidenceFor = async (processor: SecureProcessor, claims: Uint8Array): Promise<PlatformEvidence> => {
  const runtimeClaims = claims.slice();
  try {
    await parseClaims(runtimeClaims);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "not a claims document";
    throw new PlatformError("CLAIMS_INVALID", `claims are refused: ${why}`, {}, { cause });
  }
  return { ...(await processor.report(await reportDataOf(runtimeClaims), runtimeClaims)), runtimeClaims };
};
