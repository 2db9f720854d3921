import { AttestationError } from "../attestation-error.ts";
import { parseCertificate } from "../certificates/certificate.ts";
import { leafProductName } from "../certificates/leaf.ts";
import type { RevocationPolicy, Tolerance } from "../certificates/revocation.ts";
import { roleOf, type Role } from "../certificates/roles.ts";
import { type Product, productOfReport } from "../report/product.ts";
import { parseReport } from "../report/report.ts";
import type { ReportEvidence } from "../verify/verify-report.ts";
import type { KdsClient } from "./kds-client.ts";

/** What is missing and how revocation is checked when AMD's service gives no list. */
export interface GatherOptions {
  readonly kds: KdsClient;
  /** The product of a version 2 report that comes without any certificate; nothing else needs it. */
  readonly product?: Product;
  /** The service gave no CRL. */
  readonly unreachable: Tolerance;
  /** The newest CRL is past its nextUpdate. */
  readonly stale: Tolerance;
}

/** Evidence with all that it needs, and the policy to verify it by. */
export interface GatheredEvidence {
  readonly evidence: ReportEvidence;
  readonly revocation: RevocationPolicy;
  /** What was fetched, in words. */
  readonly fetched: readonly string[];
}

/**
 * Completes evidence from AMD's key distribution service: only what is missing is asked for, and all of it is still to be verified.
 * Throws COLLATERAL_UNAVAILABLE, EVIDENCE_COLLATERAL_IMPOSSIBLE, EVIDENCE_PRODUCT_UNKNOWN and what the parsers throw. A CRL that cannot
 * be had is `EVIDENCE_CRL_MISSING` for the verifier, unless `unreachable` accepts it for a reason.
 */
export async function gatherCollateral(evidence: ReportEvidence, options: GatherOptions): Promise<GatheredEvidence> {
  const report = parseReport(evidence.report);
  const certificates = [...evidence.certificates];
  const parsed = certificates.map((der) => parseCertificate(der));
  const roles = parsed.map(roleOf);
  const has = (role: Role["role"]) => roles.some((one) => one.role === role);
  const leaf = parsed.find((_, index) => roles[index]?.role === "leaf");
  const product =
    productOfReport(report) ??
    roles.find((one) => one.product !== null)?.product ??
    (leaf === undefined ? null : leafProductName(leaf)) ??
    options.product ??
    null;
  if (product === null) {
    throw new AttestationError("EVIDENCE_PRODUCT_UNKNOWN", "a version 2 report without certificates names no product", {
      field: "product",
    });
  }
  const signer = report.signingKey === "vlek" ? "vlek" : "vcek";
  const fetched: string[] = [];
  if (!has("leaf")) {
    certificates.push(await options.kds.vcek(report, product));
    fetched.push(`VCEK of ${product}`);
  }
  if (!has("intermediate") || !has("root")) {
    certificates.push(...(await options.kds.chain(product, signer)));
    fetched.push(`chain of ${product}`);
  }
  const crls = [...(evidence.crls ?? [])];
  let absent: Tolerance = "refused";
  try {
    crls.push(await options.kds.crl(product, signer));
    fetched.push(`CRL of ${product}`);
  } catch (error) {
    if (!(error instanceof AttestationError) || error.code !== "COLLATERAL_UNAVAILABLE") throw error;
    absent = options.unreachable;
  }
  return {
    evidence: { report: evidence.report, certificates },
    revocation: { crls, absent, stale: options.stale },
    fetched,
  };
}
