import { AttestationError } from "../attestation-error.ts";
import { parseCertificate } from "../certificates/certificate.ts";
import { leafProductName } from "../certificates/leaf.ts";
import type { RevocationPolicy, Tolerance } from "../certificates/revocation.ts";
import { roleOf, type Signer } from "../certificates/roles.ts";
import type { HardwareRoot } from "../certificates/roots.ts";
import { copyOf, isZero } from "../encoding/bytes.ts";
import { type Product, productOfReport } from "../report/product.ts";
import { parseReport } from "../report/report.ts";
import type { ReportEvidence } from "../verify/verify-report.ts";
import type { KdsClient } from "./kds-client.ts";
import { isVcekOf } from "./vcek-of-report.ts";

/** What is missing and how revocation is checked when AMD's service gives no list. */
export interface GatherOptions {
  readonly kds: KdsClient;
  /** The product of a version 2 report that comes without any certificate; nothing else needs it. */
  readonly product?: Product;
  /** Under AMD's roots the verifier has the authorities itself, so that a chain that cannot be had is no reason to stop. */
  readonly hardwareRoot?: HardwareRoot;
  /** The service gave no CRL, and none came with the evidence. */
  readonly unreachable: Tolerance;
  /** The newest CRL is past its nextUpdate. */
  readonly stale: Tolerance;
}

/** Something that AMD's service did not give although it was wanted. */
export interface NotObtained {
  readonly what: string;
  readonly why: AttestationError;
}

/** Evidence with all that it needs, and the policy to verify it by. */
export interface GatheredEvidence {
  readonly evidence: ReportEvidence;
  readonly revocation: RevocationPolicy;
  /** What was fetched, now or earlier, in words. */
  readonly fetched: readonly string[];
  /** What the verdict has to do without. */
  readonly notObtained: readonly NotObtained[];
}

/**
 * Completes evidence from AMD's key distribution service: of certificates, only what is missing is asked for; the CRL always, because a
 * host could choose an old one. All of it is still to be verified. Input is copied before anything is awaited. Throws
 * COLLATERAL_UNAVAILABLE for a leaf and a chain that cannot be had, and for a CRL unless `unreachable` accepts it for a reason;
 * EVIDENCE_COLLATERAL_IMPOSSIBLE, EVIDENCE_PRODUCT_UNKNOWN and what the parsers throw.
 */
export async function gatherCollateral(evidence: ReportEvidence, options: GatherOptions): Promise<GatheredEvidence> {
  const { kds, hardwareRoot, unreachable, stale } = options;
  const bytes = copyOf(evidence.report);
  const certificates = evidence.certificates.map(copyOf);
  const crls = (evidence.crls ?? []).map(copyOf);
  const report = parseReport(bytes);
  const found = certificates.map((der) => parseCertificate(der)).map((one) => ({ one, ...roleOf(one) }));
  const signer = report.signingKey === "vlek" ? "vlek" : "vcek";
  const leaves = found.filter(({ role }) => role === "leaf").map(({ one }) => one);
  const product =
    productOfReport(report) ??
    found.find((one) => one.product !== null)?.product ??
    (leaves[0] === undefined ? null : leafProductName(leaves[0])) ??
    options.product ??
    null;
  if (product === null) {
    throw new AttestationError("EVIDENCE_PRODUCT_UNKNOWN", "a version 2 report without certificates names no product", {
      field: "product",
    });
  }
  const has = (role: string, kind: Signer | null) =>
    found.some((one) => one.role === role && one.signer === kind && one.product === product);
  const fetched: string[] = [];
  const notObtained: NotObtained[] = [];

  const canBeLookedUp = report.signingKey === "vcek" && !isZero(report.chipId);
  // A leaf of another kind, TCB or chip is refused by the verifier, by that name, where there is no better one to be had.
  if (canBeLookedUp ? !leaves.some((leaf) => isVcekOf(leaf, report, product)) : leaves.length === 0) {
    certificates.push(await kds.vcek(report, product));
    fetched.push(`VCEK of ${product}`);
  }
  if (!has("intermediate", signer) || !has("root", null)) {
    try {
      certificates.push(...(await kds.chain(product, signer)));
      fetched.push(`chain of ${product}`);
    } catch (error) {
      if (hardwareRoot !== "amd") throw error;
      notObtained.push({ what: `chain of ${product}`, why: unavailability(error) });
    }
  }
  let absent: Tolerance = "refused";
  try {
    const { der, notRenewed } = await kds.crl(product, signer);
    crls.push(der);
    if (notRenewed === null) fetched.push(`CRL of ${product}`);
    else notObtained.push({ what: `newer CRL of ${product}`, why: notRenewed });
  } catch (error) {
    const why = unavailability(error);
    if (crls.length === 0 && unreachable === "refused") throw why;
    notObtained.push({ what: `CRL of ${product}`, why });
    absent = unreachable;
  }
  return {
    evidence: { report: bytes, certificates },
    revocation: { crls, absent, stale },
    fetched,
    notObtained,
  };
}

/** The error when it is one of the service that gives nothing; any other is thrown. */
function unavailability(error: unknown): AttestationError {
  if (error instanceof AttestationError && error.code === "COLLATERAL_UNAVAILABLE") return error;
  throw error;
}
