// Paths of AMD's Key Distribution Service (AMD 57230 chapter 4). They are made of names of products, hexadecimal digits and decimal
// numbers, so nothing that a report says can lead anywhere else.
import { AttestationError, mismatch } from "../attestation-error.ts";
import type { Signer } from "../certificates/roles.ts";
import { isZero, toHex } from "../encoding/bytes.ts";
import { type Product, productNames, productOfReport, products } from "../report/product.ts";
import type { AttestationReport } from "../report/report.ts";
import { splitTcb } from "../report/tcb.ts";

/** Where AMD publishes. */
export const KDS = "https://kdsintf.amd.com";

/** The path of the intermediate and the root of a kind of leaf: PEM. Throws EVIDENCE_PRODUCT_UNKNOWN where types do not reach. */
export function chainPath(product: Product, signer: Signer): string {
  return `${authorityPath(product, signer)}/cert_chain`;
}

/** The path of the revocation list of a product's root: DER. Throws EVIDENCE_PRODUCT_UNKNOWN where types do not reach. */
export function crlPath(product: Product, signer: Signer): string {
  return `${authorityPath(product, signer)}/crl`;
}

function authorityPath(product: Product, signer: Signer): string {
  if (!productNames.includes(product)) {
    throw mismatch("EVIDENCE_PRODUCT_UNKNOWN", "product", productNames.join(" or "), product);
  }
  return `/${signer === "vlek" ? "vlek" : "vcek"}/v1/${product}`;
}

/**
 * The path of the VCEK of a report: DER. It is derived from REPORTED_TCB, which may be below CURRENT_TCB. Throws
 * EVIDENCE_COLLATERAL_IMPOSSIBLE for a report whose leaf nobody can look up (a VLEK, a masked CHIP_ID), REPORT_MALFORMED,
 * EVIDENCE_PRODUCT_MISMATCH and EVIDENCE_PRODUCT_UNKNOWN.
 *
 * @param product of a version 2 report, which does not name it; any other report has to agree
 */
export function vcekPath(report: AttestationReport, product: Product): string {
  const authority = authorityPath(product, "vcek");
  const named = productOfReport(report);
  if (named !== null && named !== product) throw mismatch("EVIDENCE_PRODUCT_MISMATCH", "product", product, named);
  if (report.signingKey !== "vcek") throw impossible("signingKey", "a VLEK is handed out by the cloud provider alone");
  const hwId = report.chipId.subarray(0, products[product].hwIdLength);
  if (isZero(hwId)) throw impossible("chipId", "the host masks the chip whose VCEK it is");
  const { fmc, bootLoader, tee, snp, microcode } = splitTcb(report.reportedTcb, product, "reportedTcb");
  const spls: readonly (readonly [string, number | undefined])[] = [
    ["fmcSPL", fmc],
    ["blSPL", bootLoader],
    ["teeSPL", tee],
    ["snpSPL", snp],
    ["ucodeSPL", microcode],
  ];
  const query = spls.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join("&");
  return `${authority}/${toHex(hwId)}?${query}`;
}

function impossible(field: string, why: string): AttestationError {
  return new AttestationError("EVIDENCE_COLLATERAL_IMPOSSIBLE", `AMD has no certificate to look up: ${why}`, { field });
}
