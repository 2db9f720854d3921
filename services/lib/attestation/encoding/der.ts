// As much of DER (X.690) as AMD's certificates need, and nothing that is only BER: one-byte tags, definite lengths in their shortest
// form, every element filling its parent to the last byte. There is no recursion here, so input cannot nest its way into the stack.
import { AttestationError } from "../attestation-error.ts";
import { byteAt, type Bytes } from "./bytes.ts";

/** Identifier octets of the types that occur. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context3: 0xa3,
} as const;

/** One element: its identifier octet, its content, and the whole of it as received. */
export interface DerElement {
  readonly tag: number;
  readonly content: Bytes;
  readonly encoded: Bytes;
}

/** The error for bytes that are not the DER that was expected; offsets count from the start of the certificate. */
export function malformed(at: Uint8Array, what: string): AttestationError {
  // Certificates are copied into memory of their own, so the offset of a view is the offset in the certificate.
  return new AttestationError("CERTIFICATE_MALFORMED", `${what} at byte ${at.byteOffset}`, { offset: at.byteOffset });
}

/** Splits bytes into the elements that fill them exactly. */
export function derElements(bytes: Bytes): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const element = firstElement(rest);
    elements.push(element);
    rest = rest.subarray(element.encoded.length);
  }
  return elements;
}

/** Splits bytes into exactly these elements, in this order. */
export function derFields<const Tags extends readonly number[]>(
  bytes: Bytes,
  tags: Tags,
): { readonly [Index in keyof Tags]: DerElement } {
  const elements = derElements(bytes);
  if (elements.length !== tags.length) throw malformed(bytes, `${elements.length} elements, want ${tags.length}`);
  for (const [index, element] of elements.entries()) {
    const want = tags[index];
    if (element.tag !== want) throw malformed(element.encoded, `tag ${element.tag}, want ${want}`);
  }
  // As many elements as tags, each with its tag: checked just above, element by element.
  return elements as { [Index in keyof Tags]: DerElement };
}

/** The content of the one element that fills the bytes. */
export function derContent(bytes: Bytes, tag: number): Bytes {
  return derFields(bytes, [tag])[0].content;
}

function firstElement(bytes: Bytes): DerElement {
  if (bytes.length < 2) throw malformed(bytes, "element cut short");
  const tag = byteAt(bytes, 0);
  if ((tag & 0x1f) === 0x1f) throw malformed(bytes, "tag of more than one byte");
  const first = byteAt(bytes, 1);
  let header = 2;
  let length = first;
  if (first >= 0x80) {
    const size = first & 0x7f;
    // No certificate is as long as 64 KiB, so two bytes do; this refuses indefinite lengths (size 0) as well.
    if (size < 1 || size > 2 || bytes.length < 2 + size) throw malformed(bytes, "length not definite or too long");
    header += size;
    length = bytes.subarray(2, header).reduce((value, byte) => value * 256 + byte, 0);
    if (length < (size === 1 ? 0x80 : 0x100)) throw malformed(bytes, "length not in its shortest form");
  }
  if (header + length > bytes.length)
    throw malformed(bytes, `${length} bytes of content, ${bytes.length - header} left`);
  return { tag, content: bytes.subarray(header, header + length), encoded: bytes.subarray(0, header + length) };
}

/** Checks that the content of an INTEGER is minimal and not negative, and returns it. */
export function derUnsigned(content: Bytes): Bytes {
  if (content.length === 0) throw malformed(content, "empty integer");
  const first = byteAt(content, 0);
  if (first >= 0x80) throw malformed(content, "negative integer");
  if (first === 0 && content.length > 1 && byteAt(content, 1) < 0x80) throw malformed(content, "integer not minimal");
  return content;
}

/** The content of an OBJECT IDENTIFIER in dotted form. */
export function derOid(content: Bytes): string {
  const arcs: number[] = [];
  let arc = 0;
  let open = false;
  for (const byte of content) {
    if (!open && byte === 0x80) throw malformed(content, "object identifier not minimal");
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw malformed(content, "object identifier too large");
    open = byte >= 0x80;
    if (open) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head, ...tail] = arcs;
  if (open || head === undefined) throw malformed(content, "object identifier cut short");
  const root = Math.min(2, Math.floor(head / 40));
  return [root, head - root * 40, ...tail].join(".");
}

/** UTCTime or GeneralizedTime in the one form of RFC 5280 section 4.1.2.5, in milliseconds since 1970. */
export function derTime({ tag, content }: DerElement): number {
  const text = String.fromCharCode(...content);
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  const digits = tag === derTag.utcTime ? 2 : tag === derTag.generalizedTime ? 4 : 0;
  const [, year, ...rest] = match ?? [];
  if (year === undefined || year.length !== digits) throw malformed(content, "not a time");
  // Two-digit years of 50 and above are of the twentieth century.
  const century = digits === 4 ? "" : Number(year) < 50 ? "20" : "19";
  const [month, day, hour, minute, second] = rest;
  const iso = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = Date.parse(iso);
  // Date.parse takes 24:00:00 and rolls some days over; a time that does not print as itself is none.
  if (Number.isNaN(time) || new Date(time).toISOString() !== iso) throw malformed(content, "not a time");
  return time;
}
