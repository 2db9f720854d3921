// The TEE that a workload runs in, as the workload sees it: something that signs 64 bytes of its choice into an attestation report.
import type { HardwareRoot } from "#attestation";

/** A report with everything a verifier needs to judge it. */
export interface SecureProcessorReport {
  /** ATTESTATION_REPORT (AMD 56860), 1184 bytes; its REPORT_DATA is what was asked for. */
  readonly report: Uint8Array;
  /** DER of the VCEK, the ASK and the ARK, in this order. */
  readonly certificates: readonly Uint8Array[];
  /** The document whose SHA-256 is HOST_DATA (proto/FORMATS.md section 2). */
  readonly policyDocument: Uint8Array;
  /** The document whose SHA-384 is MEASUREMENT. */
  readonly measurementDocument: Uint8Array;
}

/** The secure processor of the machine that this process runs on. It vouches for this process and for no other. */
export interface SecureProcessor {
  /** Under which root its reports verify. */
  readonly hardwareRoot: HardwareRoot;
  /**
   * Makes a report.
   *
   * @param reportData 64 bytes
   * @throws {PlatformError} REPORT_DATA_INVALID, REPORT_UNAVAILABLE, REPORT_MISMATCH
   */
  report(reportData: Uint8Array): Promise<SecureProcessorReport>;
  /** Gives the channel up; whoever still waits gets REPORT_UNAVAILABLE. */
  close(): void;
}
