// Is it genuine? What the report says is judged in validate-report.ts, and only after everything here holds.
import { AttestationError, mismatch } from "../attestation-error.ts";
import {
  byteAt,
  type Bytes,
  concatBytes,
  copyOf,
  equalBytes,
  fromHex,
  isZero,
  sha256,
  toHex,
} from "../encoding/bytes.ts";
import { type Certificate, parseCertificate } from "../certificates/certificate.ts";
import { verifyChain } from "../certificates/chain.ts";
import { leafFacts, type LeafFacts, leafProductName } from "../certificates/leaf.ts";
import { isReportSignature } from "../certificates/public-key.ts";
import {
  checkRevocation,
  ownPolicy,
  type RevocationPolicy,
  type RevocationStatus,
} from "../certificates/revocation.ts";
import { leafName, type Signer } from "../certificates/roles.ts";
import { type HardwareRoot, ownRoots, type TrustedRoots } from "../certificates/roots.ts";
import { type Chain, selectChain } from "../certificates/select-chain.ts";
import { type Product, productOfReport, products } from "../report/product.ts";
import { type AttestationReport, parseReport, SIGNATURE_R, SIGNATURE_S, SIGNED_SIZE } from "../report/report.ts";
import { splitTcb, type TcbComponents, tcbComponentsOf } from "../report/tcb.ts";

/** A report and the certificates that are said to vouch for it. */
export interface ReportEvidence {
  /** 1184 bytes as the secure processor made them. */
  readonly report: Uint8Array;
  /**
   * DER, in any order and number: the leaf (VCEK or VLEK), its intermediate (ASK or ASVK) and the ARK. Under AMD's roots the authorities
   * may be left out; those that AMD publishes are used then.
   */
  readonly certificates: readonly Uint8Array[];
  /** DER CRLs that came with the evidence. They are used beside the verifier's own: any of them can revoke. */
  readonly crls?: readonly Uint8Array[];
}

/** What a report is verified against. */
export interface VerifyOptions {
  readonly roots: TrustedRoots;
  /** The time at which all certificates must be valid. */
  readonly now: Date;
  readonly revocation: RevocationPolicy;
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
  readonly signer: Signer;
  /** The report's TCBs, split as the product lays them out. */
  readonly tcb: Readonly<Record<"reported" | "committed" | "current" | "launch", TcbComponents>>;
  readonly certificates: Readonly<Record<"leaf" | "intermediate" | "root", CertificateFacts>>;
  /** productName1 of the leaf, such as `Milan-B0`. */
  readonly productName: string;
  /** The cloud provider whose VLEK signed, such as `CN=cc-us-east-2.amazonaws.com`; `null` for a VCEK. */
  readonly cspId: string | null;
  readonly revocation: RevocationStatus;
  /** SHA-256 of the 672 signed bytes. The report as a whole identifies nothing: its signature can be rewritten and still hold. */
  readonly signedSha256: Uint8Array;
  /** What was not checked, and why; empty when nothing was left out. */
  readonly notChecked: readonly string[];
}

/**
 * Verifies that a SEV-SNP secure processor under a pinned root made this report: form, product, chain, validity, revocation, leaf
 * extensions, TCB, chip, signature, in this order. Throws AttestationError at the first that does not hold. All input is copied before
 * anything is awaited.
 */
export async function verifyReport(evidence: ReportEvidence, options: VerifyOptions): Promise<VerifiedReport> {
  const bytes = copyOf(evidence.report);
  const now = options.now.getTime();
  const roots = ownRoots(options.roots);
  const revocationPolicy = ownPolicy(options.revocation, evidence.crls ?? []);
  const maskedReason = options.acceptMaskedChipId?.reason;

  const report = parseReport(bytes);
  const signer = signerOf(report);
  const reportProduct = productOfReport(report);
  // Parsing copies the certificates, and nothing has been awaited yet.
  const certificates = evidence.certificates.map((der) => parseCertificate(der));
  const chain = await selectChain(certificates, {
    signer,
    product: reportProduct,
    suits: (leaf) => suits(leaf, report, signer, now),
    complete: roots.kind === "amd",
  });
  await verifyChain(chain, roots, now);
  const revocation = await checkRevocation(chain.intermediate, chain.root, revocationPolicy, now);
  const leaf = leafFacts(chain.leaf, chain.product, signer);
  const tcb = checkTcb(report, leaf, chain.product);
  const chipId = checkChipId(report, leaf, chain.product, maskedReason);
  await checkSignature(bytes, chain);

  const verified: VerifiedReport = {
    [genuine]: true,
    report,
    product: chain.product,
    hardwareRoot: roots.kind,
    signer,
    tcb,
    certificates: {
      leaf: await certificateFacts(chain.leaf),
      intermediate: await certificateFacts(chain.intermediate),
      root: await certificateFacts(chain.root),
    },
    productName: leaf.productName,
    cspId: leaf.cspId,
    revocation,
    signedSha256: await sha256(bytes.subarray(0, SIGNED_SIZE)),
    notChecked: [
      ...(revocation.checked ? [] : [`revocation: ${revocation.reason}`]),
      ...(revocation.checked && revocation.stale !== null ? [`age of the CRL: ${revocation.stale}`] : []),
      ...(reportProduct === null ? ["product: a version 2 report does not sign it; the chain names it"] : []),
      ...(chipId === null ? [] : [`chipId: ${chipId}`]),
    ],
  };
  return Object.freeze(verified);
}

function signerOf({ maskChipKey, signingKey }: AttestationReport): Signer {
  if (maskChipKey || signingKey === "none") {
    const seen = maskChipKey ? "MASK_CHIP_KEY" : "none";
    throw mismatch("EVIDENCE_UNSIGNED", "signing key", "vcek or vlek", seen);
  }
  return signingKey;
}

/** How well a leaf goes with the report: one of another TCB or chip is refused later, but not while a better one is at hand. */
function suits(leaf: Certificate, report: AttestationReport, signer: Signer, now: number): number {
  const isValid = now >= leaf.notBefore && now <= leaf.notAfter;
  try {
    const product = productOfReport(report) ?? leafProductName(leaf);
    if (product === null) return 0;
    const facts = leafFacts(leaf, product, signer);
    checkTcb(report, facts, product);
    checkChipId(report, facts, product, "only a preference");
  } catch (error) {
    if (error instanceof AttestationError) return 0;
    throw error;
  }
  return isValid ? 2 : 1;
}

function checkTcb(report: AttestationReport, leaf: LeafFacts, product: Product): VerifiedReport["tcb"] {
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

/** Returns why the chip id was not compared, or `null` when it was. */
function checkChipId(
  { chipId }: AttestationReport,
  { hwId }: LeafFacts,
  product: Product,
  maskedReason: string | undefined,
): string | null {
  if (hwId === null) return "a VLEK is of a cloud provider and not of a chip";
  if (isZero(chipId)) {
    if (maskedReason !== undefined && maskedReason !== "") return maskedReason;
    throw new AttestationError("EVIDENCE_CHIP_ID_MASKED", "chipId is zero, want that of the VCEK", {
      field: "chipId",
      expected: toHex(hwId),
      seen: toHex(chipId),
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
async function checkSignature(report: Bytes, { leaf, signer }: Chain): Promise<void> {
  const r = report.slice(SIGNATURE_R, SIGNATURE_R + 48).toReversed();
  const s = report.slice(SIGNATURE_S, SIGNATURE_S + 48).toReversed();
  const isInRange = [r, s].every((value) => !isZero(value) && isBelow(value, P384_ORDER));
  if (!isInRange || !(await isReportSignature(leaf, concatBytes(r, s), report.subarray(0, SIGNED_SIZE)))) {
    throw new AttestationError("EVIDENCE_SIGNATURE", `the report's signature is not of the ${leafName(signer)}'s key`, {
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
