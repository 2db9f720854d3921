// The values of fields as people read them.
import { AttestationError } from "../attestation-error.ts";
import { allowAllPolicyName } from "../azure/cce-policy.ts";
import type { VerifiedUvmEndorsement } from "../azure/uvm-endorsement.ts";
import { isZero, toHex } from "../encoding/bytes.ts";
import { type Product, productOfCpu, type TcbComponent } from "../report/product.ts";
import type { AttestationReport, FirmwareVersion } from "../report/report.ts";
import { splitTcb, type TcbComponents, tcbComponentsOf, type TcbVersion } from "../report/tcb.ts";
import type { RuntimeClaims } from "../verify/claims.ts";
import type { CertificateFacts, VerifiedReport } from "../verify/verify-report.ts";
import type { FieldName } from "./evidence-fields.ts";

/** What there is to read values from. */
export interface FieldSources {
  readonly report: AttestationReport;
  /** `null` when the report is not known to be genuine. */
  readonly verified: VerifiedReport | null;
  /** The claims with which the report was appraised; `null` when it came without. */
  readonly claims: RuntimeClaims | null;
  /** The verified endorsement of the utility VM; on Azure only. */
  readonly uvm?: VerifiedUvmEndorsement;
}

/** Texts by field; what the sources do not say is absent. */
export type FieldValues = Readonly<Partial<Record<FieldName, string>>>;

/** Reads every field that the sources have. */
export function fieldValues({ report, verified, claims, uvm }: FieldSources): FieldValues {
  return {
    ...reportValues(report),
    ...bitValues("policy", report.policy),
    ...bitValues("platformInfo", report.platformInfo),
    ...tcbValues(report, verified?.product ?? (report.cpuid === null ? null : productOfCpu(report.cpuid))),
    ...(verified === null ? {} : verifiedValues(verified)),
    ...(claims === null ? {} : claimValues(claims)),
    ...(uvm === undefined ? {} : uvmValues(uvm)),
  };
}

/** Asked for by the host, not by the guest. */
const VMPL_HOST = 0xffff_ffff;
const signingKeyCode = { vcek: 0, vlek: 1, none: 7 } as const;

function reportValues(report: AttestationReport): FieldValues {
  const { policy, cpuid, currentVersion, committedVersion, launchMitVector, currentMitVector } = report;
  const { authorKeyEnabled, maskChipKey, signingKey } = report;
  const allowAll = allowAllPolicyName(report.hostData);
  const vector = (bits: bigint | null) => (bits === null ? "none before version 5" : hexNumber(bits));
  return {
    version: `${report.version}`,
    guestSvn: `${report.guestSvn}`,
    policy: hexNumber(policy.value),
    "policy.abi": `${policy.abiMajor}.${policy.abiMinor}`,
    familyId: bytesText(report.familyId),
    imageId: bytesText(report.imageId),
    vmpl: report.vmpl === VMPL_HOST ? "host" : `${report.vmpl}`,
    signatureAlgo: "1: ECDSA on P-384 with SHA-384",
    platformInfo: hexNumber(report.platformInfo.value),
    keyInfo: hexNumber(Number(authorKeyEnabled) + 2 * Number(maskChipKey) + 4 * signingKeyCode[signingKey]),
    "keyInfo.authorKeyEnabled": yesNo(authorKeyEnabled),
    "keyInfo.maskChipKey": yesNo(maskChipKey),
    "keyInfo.signingKey": signingKey.toUpperCase(),
    reportData: bytesText(report.reportData),
    measurement: bytesText(report.measurement),
    hostData: bytesText(report.hostData),
    ...(allowAll === null ? {} : { allowAllPolicy: allowAll }),
    idKeyDigest: bytesText(report.idKeyDigest),
    authorKeyDigest: bytesText(report.authorKeyDigest),
    reportId: bytesText(report.reportId),
    reportIdMa: bytesText(report.reportIdMa),
    cpuid:
      cpuid === null
        ? "none in a version 2 report"
        : `family ${hexNumber(cpuid.family)}, model ${hexNumber(cpuid.model)}, stepping ${cpuid.stepping}`,
    chipId: bytesText(report.chipId),
    currentVersion: versionText(currentVersion),
    committedVersion: versionText(committedVersion),
    provisionalFirmware: `${versionText(currentVersion)} runs, ${versionText(committedVersion)} is committed`,
    launchMitVector: vector(launchMitVector),
    currentMitVector: vector(currentMitVector),
    signature: "over bytes 0 to 671",
    // A report with other bytes there does not parse.
    reserved: "all zero",
  };
}

function bitValues(word: "policy" | "platformInfo", bits: object): FieldValues {
  return Object.fromEntries(
    Object.entries(bits)
      .filter(([, bit]) => typeof bit === "boolean")
      .map(([name, bit]) => [`${word}.${name}`, yesNo(bit)]),
  );
}

function tcbValues(report: AttestationReport, product: Product | null): FieldValues {
  const reported: Readonly<Record<string, number>> = { ...partsOf(report.reportedTcb, product) };
  return {
    ...(product === null ? {} : { product }),
    "tcb.reported": tcbText(report.reportedTcb, product),
    ...Object.fromEntries(Object.entries(reported).map(([component, svn]) => [`tcb.reported.${component}`, `${svn}`])),
    "tcb.committed": tcbText(report.committedTcb, product),
    "tcb.current": tcbText(report.currentTcb, product),
    "tcb.launch": tcbText(report.launchTcb, product),
  };
}

/** `null` when the product is unknown, or the TCB is not laid out as the product's are. */
function partsOf(tcb: TcbVersion, product: Product | null): TcbComponents | null {
  try {
    return product === null ? null : splitTcb(tcb, product, "TCB");
  } catch (error) {
    if (error instanceof AttestationError) return null;
    throw error;
  }
}

const componentText: Readonly<Record<TcbComponent, string>> = {
  fmc: "FMC",
  bootLoader: "boot loader",
  tee: "TEE",
  snp: "SNP",
  microcode: "microcode",
};

function tcbText(tcb: TcbVersion, product: Product | null): string {
  const parts = partsOf(tcb, product);
  if (parts === null || product === null) return toHex(tcb.bytes);
  return tcbComponentsOf(product)
    .map((component) => `${componentText[component]} ${parts[component]}`)
    .join(", ");
}

function verifiedValues({
  report,
  hardwareRoot,
  certificates,
  signer,
  cspId,
  revocation,
  product,
}: VerifiedReport): FieldValues {
  const { root, intermediate, leaf } = certificates;
  return {
    hardware: hardwareRoot === "amd" ? "AMD" : hardwareRoot,
    certificates: [root, intermediate, leaf].map(({ commonName }) => commonName).join(" > "),
    "certificates.root": certificateText(root),
    "certificates.intermediate": certificateText(intermediate),
    "certificates.leaf": certificateText(leaf),
    "certificates.tcb": tcbText(report.reportedTcb, product),
    ...(signer === "vlek" || isZero(report.chipId) ? {} : { "certificates.hwId": bytesText(report.chipId) }),
    ...(cspId === null ? {} : { "certificates.cspId": cspId }),
    ...(revocation.checked
      ? { revocation: `of ${timeText(revocation.thisUpdate)}, next by ${timeText(revocation.nextUpdate)}` }
      : {}),
  };
}

function claimValues(claims: RuntimeClaims): FieldValues {
  return {
    claims: Object.keys(claims.document).join(", "),
    purpose: claims.purpose,
    audience: claims.audience,
    ...("nonce" in claims ? { nonce: bytesText(claims.nonce) } : {}),
    tlsSpkiSha256: claims.tlsSpkiSha256 === null ? "none" : bytesText(claims.tlsSpkiSha256),
  };
}

function uvmValues({ issuer, feed, svn, launchMeasurement, signingTime }: VerifiedUvmEndorsement): FieldValues {
  return {
    endorsement: signingTime === null ? "signed" : `signed at ${timeText(signingTime.getTime())}`,
    "endorsement.issuer": issuer,
    "endorsement.feed": feed,
    "endorsement.measurement": bytesText(launchMeasurement),
    "endorsement.svn": `${svn}`,
  };
}

function certificateText({ commonName, serialNumber, notBefore, notAfter, spkiSha256 }: CertificateFacts): string {
  const validity = `${timeText(notBefore.getTime())} to ${timeText(notAfter.getTime())}`;
  return `${commonName}, serial ${serialNumber}, ${validity}, key sha256:${toHex(spkiSha256)}`;
}

function bytesText(bytes: Uint8Array): string {
  if (isZero(bytes)) return "all zero";
  return bytes.every((byte) => byte === 0xff) ? "all ones" : toHex(bytes);
}

function versionText({ major, minor, build }: FirmwareVersion): string {
  return `${major}.${minor}.${build}`;
}

function hexNumber(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

/** To the second. */
function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(".000Z", "Z");
}
