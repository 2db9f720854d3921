import { toHex } from "../encoding/bytes.ts";
import type { RuntimeClaims } from "../verify/claims.ts";
import type { VerifiedReport } from "../verify/verify-report.ts";
import { checkUvmMeasurement, type VerifiedUvmEndorsement } from "./uvm-endorsement.ts";

/** A verdict of this verifier and the authority under which it is given. */
export interface Verdict {
  readonly verified: VerifiedReport;
  readonly claims: RuntimeClaims;
  /** The verifier's own name, such as `https://broker.contoso.example`, without a slash at its end. */
  readonly issuer: string;
  /** Of the utility VM in which the workload runs; on Azure only. */
  readonly uvm?: VerifiedUvmEndorsement;
}

/** Claims of Microsoft Azure Attestation by name. */
export type MaaClaims = Readonly<Record<string, unknown>>;

/**
 * Writes a verdict in the claim names of Microsoft Azure Attestation (attestation type `sevsnpvm`), so that one release policy works
 * here and in a vault. Verdicts through a simulated root are issued under `<issuer>/simulated`, and never carry `x-ms-compliance-status`;
 * neither do those without an endorsement of the utility VM. Claims of a token's life (iat, exp, jti) are for whoever signs one. Throws
 * UVM_MEASUREMENT for the endorsement of another utility VM.
 */
export function maaClaims({ verified, claims, issuer, uvm }: Verdict): MaaClaims {
  const { report, tcb, hardwareRoot, product } = verified;
  const { policy } = report;
  if (uvm !== undefined) checkUvmMeasurement(verified, uvm);
  return {
    iss: hardwareRoot === "simulated" ? `${issuer}/simulated` : issuer,
    "x-ms-ver": "1.0",
    "x-ms-attestation-type": "sevsnpvm",
    "x-ms-runtime": claims.document,
    "x-ms-sevsnpvm-authorkeydigest": toHex(report.authorKeyDigest),
    "x-ms-sevsnpvm-bootloader-svn": tcb.reported.bootLoader,
    "x-ms-sevsnpvm-chipid": toHex(report.chipId),
    "x-ms-sevsnpvm-ciphertext-hiding-dram-enabled": policy.ciphertextHidingDram,
    "x-ms-sevsnpvm-cxl-allowed": policy.cxlAllow,
    "x-ms-sevsnpvm-familyId": toHex(report.familyId),
    "x-ms-sevsnpvm-guestsvn": report.guestSvn,
    "x-ms-sevsnpvm-hostdata": toHex(report.hostData),
    "x-ms-sevsnpvm-idkeydigest": toHex(report.idKeyDigest),
    "x-ms-sevsnpvm-imageId": toHex(report.imageId),
    "x-ms-sevsnpvm-is-debuggable": policy.debug,
    "x-ms-sevsnpvm-launchmeasurement": toHex(report.measurement),
    "x-ms-sevsnpvm-mem-aes256-xts-required": policy.memAes256Xts,
    "x-ms-sevsnpvm-microcode-svn": tcb.reported.microcode,
    "x-ms-sevsnpvm-migration-allowed": policy.migrateMa,
    "x-ms-sevsnpvm-page-swap-disabled": policy.pageSwapDisable,
    "x-ms-sevsnpvm-rapl-disabled": policy.raplDis,
    "x-ms-sevsnpvm-reportdata": toHex(report.reportData),
    "x-ms-sevsnpvm-reportid": toHex(report.reportId),
    "x-ms-sevsnpvm-singlesocket": policy.singleSocket,
    "x-ms-sevsnpvm-smt-allowed": policy.smt,
    "x-ms-sevsnpvm-snpfw-svn": tcb.reported.snp,
    "x-ms-sevsnpvm-tee-svn": tcb.reported.tee,
    "x-ms-sevsnpvm-vmpl": report.vmpl,
    ...(uvm === undefined || hardwareRoot === "simulated" ? {} : uvmClaims(uvm)),
    "x-sealmesh-hardware-root": hardwareRoot,
    "x-sealmesh-product": product,
  };
}

function uvmClaims({ issuer, feed, svn, launchMeasurement }: VerifiedUvmEndorsement): MaaClaims {
  return {
    "x-ms-compliance-status": "azure-compliant-uvm",
    "x-ms-sevsnpvm-uvm-endorsement": {
      "x-ms-sevsnpvm-guestsvn": `${svn}`,
      "x-ms-sevsnpvm-guestsvn-int": svn,
      "x-ms-sevsnpvm-launchmeasurement": toHex(launchMeasurement),
    },
    "x-ms-sevsnpvm-uvm-endorsement-headers": { feed, iss: issuer },
  };
}
