import { AttestationError } from "../attestation-error.ts";
import { byteAt, toHex } from "../encoding/bytes.ts";
import { type Product, products, type TcbComponent } from "./product.ts";

/** A TCB_VERSION as the report carries it. Its parts are in another order on Turin, so it is split only once the product is known. */
export interface TcbVersion {
  /** 8 bytes in memory order. */
  readonly bytes: Uint8Array;
  /** The same as a little-endian integer: a name, not an order; never compare two of them by size. */
  readonly value: bigint;
}

/** The security version numbers of a TCB, each 0 to 255. `fmc` is there for Turin and for no other product. */
export interface TcbComponents {
  readonly fmc?: number;
  readonly bootLoader: number;
  readonly tee: number;
  readonly snp: number;
  /** Low byte of the patch level of one CPU model; means nothing beside that of another model. */
  readonly microcode: number;
}

/** The components that a TCB of the product has, in memory order. */
export function tcbComponentsOf(product: Product): readonly TcbComponent[] {
  return products[product].tcbLayout.filter((component) => component !== null);
}

/** Splits a TCB as the product lays it out. Throws REPORT_MALFORMED when a reserved byte is not zero; `field` names the TCB. */
export function splitTcb(tcb: TcbVersion, product: Product, field: string): TcbComponents {
  const layout = products[product].tcbLayout;
  if (layout.some((component, index) => component === null && byteAt(tcb.bytes, index) !== 0)) {
    const seen = toHex(tcb.bytes);
    throw new AttestationError(
      "REPORT_MALFORMED",
      `${field} ${seen} has reserved bytes that are not zero on ${product}`,
      { field, seen },
    );
  }
  const part = (component: TcbComponent) => byteAt(tcb.bytes, layout.indexOf(component));
  return {
    ...(layout.includes("fmc") ? { fmc: part("fmc") } : {}),
    bootLoader: part("bootLoader"),
    tee: part("tee"),
    snp: part("snp"),
    microcode: part("microcode"),
  };
}
