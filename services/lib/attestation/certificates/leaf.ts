// The extensions of a VCEK or VLEK, AMD 57230, below 1.3.6.1.4.1.3704.1. The set is closed per product and kind: absent, foreign and
// duplicate ones are refused (duplicates already by the parser), so that no check can pass for want of its input.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { byteAt, type Bytes, copyOf } from "../encoding/bytes.ts";
import type { Certificate } from "./certificate.ts";
import { leafName, type Signer } from "./roles.ts";
import { derContent, derTag, derUnsigned } from "../encoding/der.ts";
import { type Product, productNames, products, type TcbComponent } from "../report/product.ts";
import { tcbComponentsOf } from "../report/tcb.ts";

const AMD = "1.3.6.1.4.1.3704.1";
const STRUCT_VERSION = `${AMD}.1`;
const PRODUCT_NAME = `${AMD}.2`;
const HW_ID = `${AMD}.4`;
const CSP_ID = `${AMD}.5`;
const AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
const spl = (arc: number) => `${AMD}.3.${arc}`;
const splArc: Readonly<Record<TcbComponent, number>> = { bootLoader: 1, tee: 2, snp: 3, microcode: 8, fmc: 9 };

/** What a leaf says about what it was issued for. */
export interface LeafFacts {
  /** productName1, such as `Milan-B0`. */
  readonly productName: string;
  /** The chip of a VCEK: 64 bytes, on Turin 8. A VLEK has none. */
  readonly hwId: Bytes | null;
  /** The cloud provider of a VLEK, such as `CN=cc-us-east-2.amazonaws.com`. A VCEK has none. */
  readonly cspId: string | null;
  /** The TCB by component. */
  readonly tcb: ReadonlyMap<TcbComponent, number>;
}

/** Reads the extensions of a leaf. Throws EVIDENCE_CERTIFICATE_EXTENSION, EVIDENCE_PRODUCT_MISMATCH. */
export function leafFacts({ extensions }: Certificate, product: Product, signer: Signer): LeafFacts {
  const { structVersion, hwIdLength, reservedSpls } = products[product];
  const components = tcbComponentsOf(product);
  const known = new Set([
    STRUCT_VERSION,
    PRODUCT_NAME,
    signer === "vcek" ? HW_ID : CSP_ID,
    AUTHORITY_KEY_IDENTIFIER,
    ...components.map((component) => spl(splArc[component])),
    ...reservedSpls.map(spl),
  ]);
  for (const [oid, { critical }] of extensions) {
    if (!known.has(oid)) throw wrong(oid, `no ${leafName(signer)} of ${product} carries it`);
    if (critical) throw wrong(oid, "AMD marks none critical");
  }
  const value = (oid: string): Bytes => {
    const extension = extensions.get(oid);
    if (extension === undefined) throw wrong(oid, "it is missing");
    return extension.value;
  };
  const small = (oid: string): number => smallInteger(oid, value(oid));

  const productName = ia5Text(PRODUCT_NAME, value(PRODUCT_NAME));
  if (productOfName(productName) !== product) {
    throw mismatch("EVIDENCE_PRODUCT_MISMATCH", `productName of the ${leafName(signer)}`, product, productName);
  }
  if (small(STRUCT_VERSION) !== structVersion)
    throw wrong(STRUCT_VERSION, `it is not ${structVersion} as on ${product}`);
  for (const arc of reservedSpls) if (small(spl(arc)) !== 0) throw wrong(spl(arc), "it is reserved and not zero");
  return {
    productName,
    hwId: signer === "vcek" ? hwIdOf(value(HW_ID), hwIdLength) : null,
    cspId: signer === "vlek" ? ia5Text(CSP_ID, value(CSP_ID)) : null,
    tcb: new Map(components.map((component) => [component, small(spl(splArc[component]))])),
  };
}

/** The product that a leaf names, before anything of it is verified; `null` when it names none. Throws EVIDENCE_CERTIFICATE_EXTENSION. */
export function leafProductName({ extensions }: Certificate): Product | null {
  const extension = extensions.get(PRODUCT_NAME);
  return extension === undefined ? null : productOfName(ia5Text(PRODUCT_NAME, extension.value));
}

/** KDS writes the stepping of the die behind the dash, and B0 on B1 parts too: only what stands before it names the product. */
function productOfName(productName: string): Product | null {
  const [name] = productName.split("-");
  return productNames.find((product) => product === name) ?? null;
}

/** A strict INTEGER of 0 to 255. */
function smallInteger(oid: string, bytes: Bytes): number {
  const content = refuse(oid, () => derUnsigned(derContent(bytes, derTag.integer)));
  // Two bytes only for the values whose first bit would be a sign; then the first is zero.
  if (content.length > 2 || (content.length === 2 && byteAt(content, 0) !== 0)) throw wrong(oid, "it is above 255");
  return byteAt(content, content.length - 1);
}

function ia5Text(oid: string, bytes: Bytes): string {
  const content = refuse(oid, () => derContent(bytes, derTag.ia5String));
  // IA5String is ASCII; what is printed must be visible.
  if (content.some((byte) => byte < 0x20 || byte > 0x7e)) throw wrong(oid, "it is not printable ASCII");
  return String.fromCharCode(...content);
}

/** AMD writes the hwID without an inner tag, and a few certificates wrap it. Its length decides, because a raw one may start as DER does. */
function hwIdOf(bytes: Bytes, length: number): Bytes {
  if (bytes.length === length) return copyOf(bytes);
  if (bytes.length !== length + 2) throw wrong(HW_ID, `it has ${bytes.length} bytes, want ${length}`);
  return copyOf(refuse(HW_ID, () => derContent(bytes, derTag.octetString)));
}

/** The signature over the leaf holds by now, so bad DER in an extension is refused as what AMD does not issue. */
function refuse<Value>(oid: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    throw wrong(oid, error.message);
  }
}

function wrong(oid: string, why: string): AttestationError {
  return new AttestationError("EVIDENCE_CERTIFICATE_EXTENSION", `extension ${oid} of the leaf is refused: ${why}`, {
    field: oid,
  });
}
