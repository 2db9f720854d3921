// Is it genuine? What the report says is judged in validate-report.ts, and only after everything here holds.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { byteAt, type Bytes, concatBytes, copyOf, equalBytes, fromHex, isZero, sha256, toHex } from "../encoding/bytes.ts";
import { type Certificate, parseCertificate } from "../certificates/certificate.ts";
import { selectChain, verifyChain } from "../certificates/chain.ts";
import { type Product, productOfReport, products } from "../report/product.ts";
import { isReportSignature } from "../certificates/public-key.ts";
import { type AttestationReport, parseReport, SIGNATURE_R, SIGNATURE_S, SIGNED_SIZE } from "../report/report.ts";
import type { HardwareRoot, TrustedRoots } from "../certificates/roots.ts";
import { splitTcb, type TcbComponents, tcbComponentsOf } from "../report/tcb.ts";
import { type VcekFacts, vcekFacts } from "../certificates/leaf.ts";

/** A report and the certificates that are said to vouch for it. */
export interface ReportEvidence {
  /** 1184 bytes as the secure processor made them. */
  readonly report: Uint8Array;
  /** DER of the VCEK, the ASK and the ARK, in any order; exactly these three. */
  readonly certificates: readonly Uint8Array[];
}

/** What a report is verified against. */
export interface VerifyOptions {
  readonly roots: TrustedRoots;
  /** The time at which all certificates must be valid. */
  readonly now: Date;
  /** Accepts a CHIP_ID that the host has masked; the report is then bound to the VCEK's key alone. */
  readonly acceptMaskedChipId?: { readonly reason: string };
}

/** What a certificate of a verified chain says about itself. */
export interface CertificateFacts {
  readonly commonName: string;
  /** Hexadecimal digits; 00 on every leaf. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the SubjectPublicKeyInfo. AMD re-issues certificates for the same key: this is the identity, not the certificate. */
  readonly spkiSha256: Uint8Array;
}

/** Not exported, so that no other module can write an object of this type. */
const genuine: unique symbol = Symbol("genuine");

/** A genuine report: chain and signature hold. `verifyReport` alone makes it. */
export interface VerifiedReport {
  readonly [genuine]: true;
  readonly report: AttestationReport;
  readonly product: Product;
  readonly hardwareRoot: HardwareRoot;
  readonly signer: "vcek";
  /** The report's TCBs, split as the product lays them out. */
  readonly tcb: Readonly<Record<"reported" | "committed" | "current" | "launch", TcbComponents>>;
  readonly certificates: Readonly<Record<"leaf" | "intermediate" | "root", CertificateFacts>>;
  /** productName1 of the leaf, such as `Milan-B0`. */
  readonly productName: string;
  /** SHA-256 of the 672 signed bytes. The report as a whole identifies nothing: its signature can be rewritten and still hold. */
  readonly signedSha256: Uint8Array;
  /** What was not checked, and why; empty when nothing was left out. */
  readonly notChecked: readonly string[];
}

/**
 * Verifies that a SEV-SNP secure processor under a pinned root made this report: form, product, chain, validity, leaf extensions, TCB,
 * chip, signature, in this order. Throws AttestationError at the first that does not hold. All input is copied before anything is
 * awaited.
 */
export async function verifyReport(evidence: ReportEvidence, options: VerifyOptions): Promise<VerifiedReport> {
  const bytes = copyOf(evidence.report);
  const now = options.now.getTime();
  const roots =
    options.roots.kind === "simulated"
      ? { ...options.roots, arkSpkiSha256: copyOf(options.roots.arkSpkiSha256) }
      : options.roots;
  const maskedReason = options.acceptMaskedChipId?.reason;

  const report = parseReport(bytes);
  checkSigner(report);
  const reportProduct = productOfReport(report);
  const { certificates } = evidence;
  if (certificates.length !== 3) {
    throw mismatch("EVIDENCE_CHAIN_INCOMPLETE", "number of certificates", "3", `${certificates.length}`);
  }
  // Parsing copies the certificates, and nothing has been awaited yet.
  const chain = selectChain(
    certificates.map((der) => parseCertificate(der)),
    reportProduct,
  );
  await verifyChain(chain, roots, now);
  const leaf = vcekFacts(chain.leaf, chain.product);
  const tcb = checkTcb(report, leaf, chain.product);
  const masked = checkChipId(report, leaf, chain.product, maskedReason);
  await checkSignature(bytes, chain.leaf);

  const notChecked = ["revocation: no CRL was given"];
  if (reportProduct === null) notChecked.push("product: a version 2 report does not sign it; the chain names it");
  if (masked !== null) notChecked.push(`chipId: ${masked}`);
  const verified: VerifiedReport = {
    [genuine]: true,
    report,
    product: chain.product,
    hardwareRoot: roots.kind,
    signer: "vcek",
    tcb,
    certificates: {
      leaf: await certificateFacts(chain.leaf),
      intermediate: await certificateFacts(chain.intermediate),
      root: await certificateFacts(chain.root),
    },
    productName: leaf.productName,
    signedSha256: await sha256(bytes.subarray(0, SIGNED_SIZE)),
    notChecked,
  };
  return Object.freeze(verified);
}

function checkSigner({ maskChipKey, signingKey }: AttestationReport): void {
  if (maskChipKey || signingKey === "none") {
    const seen = maskChipKey ? "MASK_CHIP_KEY" : "none";
    throw mismatch("EVIDENCE_UNSIGNED", "signing key", "vcek", seen);
  }
  if (signingKey !== "vcek") throw mismatch("EVIDENCE_SIGNER_UNSUPPORTED", "signing key", "vcek", signingKey);
}

function checkTcb(report: AttestationReport, leaf: VcekFacts, product: Product): VerifiedReport["tcb"] {
  const reported = splitTcb(report.reportedTcb, product, "reportedTcb");
  for (const component of tcbComponentsOf(product)) {
    const [expected, seen] = [leaf.tcb.get(component), reported[component]];
    if (expected === undefined || seen !== expected) {
      throw mismatch("EVIDENCE_TCB_MISMATCH", `reportedTcb.${component}`, `${expected}`, `${seen}`);
    }
  }
  return {
    reported,
    committed: splitTcb(report.committedTcb, product, "committedTcb"),
    current: splitTcb(report.currentTcb, product, "currentTcb"),
    launch: splitTcb(report.launchTcb, product, "launchTcb"),
  };
}

/** Returns the reason for which a masked chip id was accepted, or `null` when the chip id was compared. */
function checkChipId(
  { chipId }: AttestationReport,
  { hwId }: VcekFacts,
  product: Product,
  maskedReason: string | undefined,
): string | null {
  if (isZero(chipId)) {
    if (maskedReason !== undefined && maskedReason !== "") return maskedReason;
    throw new AttestationError("EVIDENCE_CHIP_ID_MASKED", "chipId is zero, want that of the VCEK", {
      field: "chipId",
      expected: toHex(hwId),
    });
  }
  const { hwIdLength } = products[product];
  const isSame = equalBytes(chipId.subarray(0, hwIdLength), hwId) && isZero(chipId.subarray(hwIdLength));
  if (!isSame) throw mismatch("EVIDENCE_CHIP_ID_MISMATCH", "chipId", toHex(hwId), toHex(chipId));
  return null;
}

/** The order of the P-384 group, big-endian. */
const P384_ORDER = fromHex(
  "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
);

/** AMD 56860 section "Signing": ECDSA on P-384 over SHA-384 of the bytes as received, r and s little-endian. */
async function checkSignature(report: Bytes, leaf: Certificate): Promise<void> {
  const r = report.slice(SIGNATURE_R, SIGNATURE_R + 48).toReversed();
  const s = report.slice(SIGNATURE_S, SIGNATURE_S + 48).toReversed();
  const isInRange = [r, s].every((value) => !isZero(value) && isBelow(value, P384_ORDER));
  if (!isInRange || !(await isReportSignature(leaf, concatBytes(r, s), report.subarray(0, SIGNED_SIZE)))) {
    throw new AttestationError("EVIDENCE_SIGNATURE", "the report's signature is not of the VCEK's key", {
      field: "signature",
    });
  }
}

function isBelow(a: Bytes, b: Bytes): boolean {
  const index = a.findIndex((byte, at) => byte !== byteAt(b, at));
  return index >= 0 && byteAt(a, index) < byteAt(b, index);
}

async function certificateFacts(certificate: Certificate): Promise<CertificateFacts> {
  return {
    commonName: certificate.subjectAttributes.at(-1)?.value ?? "",
    serialNumber: certificate.serialNumber,
    notBefore: new Date(certificate.notBefore),
    notAfter: new Date(certificate.notAfter),
    spkiSha256: await sha256(certificate.subjectPublicKeyInfo),
  };
}
