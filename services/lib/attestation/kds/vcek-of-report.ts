import { AttestationError } from "../attestation-error.ts";
import type { Certificate } from "../certificates/certificate.ts";
import { leafFacts } from "../certificates/leaf.ts";
import { equalBytes } from "../encoding/bytes.ts";
import type { Product } from "../report/product.ts";
import type { AttestationReport } from "../report/report.ts";
import { splitTcb, tcbComponentsOf } from "../report/tcb.ts";

/**
 * Whether a leaf says that it is the VCEK of the product, the REPORTED_TCB and the chip of a report. It may say anything: this decides
 * what has to be fetched and what is worth keeping, never what is genuine.
 */
export function isVcekOf(leaf: Certificate, { reportedTcb, chipId }: AttestationReport, product: Product): boolean {
  try {
    const { tcb, hwId } = leafFacts(leaf, product, "vcek");
    const reported = splitTcb(reportedTcb, product, "reportedTcb");
    const isOfTcb = tcbComponentsOf(product).every((component) => tcb.get(component) === reported[component]);
    return isOfTcb && hwId !== null && equalBytes(hwId, chipId.subarray(0, hwId.length));
  } catch (error) {
    if (error instanceof AttestationError) return false;
    throw error;
  }
}
