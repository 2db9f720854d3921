// The TEE that a workload runs in, as the workload sees it: something that signs 64 bytes of its choice into an attestation report.
import type { HardwareRoot } from "#attestation";

/** From where a workload has its reports. */
export type EvidenceSource = "simulated" | "configfs-tsm" | "skr-sidecar";

/** A report with everything that the platform gives a verifier to judge it. All of it comes from the host: hints, until they are verified. */
export interface SecureProcessorReport {
  /** What the configuration chose. It explains, it decides nothing. */
  readonly source: EvidenceSource;
  /** ATTESTATION_REPORT (AMD 56860), 1184 bytes; its REPORT_DATA is what was asked for. */
  readonly report: Uint8Array;
  /** DER: the leaf, its intermediate and the ARK, as many of them as the platform has. A verifier finds the others at AMD. */
  readonly certificates: readonly Uint8Array[];
  /** DER, where the platform has them. */
  readonly crls?: readonly Uint8Array[];
  /** COSE_Sign1 over the MEASUREMENT of the utility VM, where the platform has one (Azure Container Instances). */
  readonly uvmEndorsement?: Uint8Array;
  /** The document whose SHA-256 is HOST_DATA (proto/FORMATS.md section 2, or a policy of Azure's); empty where there is none. */
  readonly policyDocument: Uint8Array;
  /** The document whose SHA-384 is MEASUREMENT; empty where there is none. */
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
   * @param document the bytes that `reportData` is the digest of (`reportDataOf`); the SKR sidecar takes these and hashes them itself
   * @throws {PlatformError} REPORT_DATA_INVALID, REPORT_UNAVAILABLE, REPORT_DISTURBED, REPORT_MISMATCH, SOURCE_UNSUITABLE,
   * COLLATERAL_UNUSABLE, COLLATERAL_STALE
   */
  report(reportData: Uint8Array, document?: Uint8Array): Promise<SecureProcessorReport>;
  /** Gives the channel up; whoever still waits gets REPORT_UNAVAILABLE. */
  close(): void;
}
