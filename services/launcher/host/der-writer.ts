// Just enough DER (X.690) to write AMD's certificates byte for byte: certificate libraries refuse the serial number 0 of every VCEK
// and choose string types themselves.
import { Buffer } from "node:buffer";

const tag = {
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
} as const;

const element = (tag: number, content: Uint8Array): Buffer => {
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  if (size > 0xffff) throw new RangeError(`DER element of ${size} bytes`);
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};

export const sequence = (...content: readonly Uint8Array[]): Buffer => element(tag.sequence, Buffer.concat(content));
export const set = (...content: readonly Uint8Array[]): Buffer => element(tag.set, Buffer.concat(content));
/** Context-specific and constructed. */
export const explicit = (number: number, ...content: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, Buffer.concat(content));
/** Context-specific and primitive. */
export const implicit = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content);

/** An integer from 0 to 2^32 - 1, minimal and never negative. */
export const integer = (value: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(value, 1);
  // Drop leading zeros, but keep one where the next byte would look like a sign.
  let from = 0;
  while (from < 4 && bytes[from] === 0 && (bytes[from + 1] ?? 0) < 0x80) from += 1;
  return element(tag.integer, bytes.subarray(from));
};

const base128 = (arc: number): readonly number[] => {
  const digits = [arc & 0x7f];
  for (let rest = arc >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
};

export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...arcs] = dotted.split(".").map(Number);
  return element(tag.oid, Buffer.from([first * 40 + second, ...arcs.flatMap(base128)]));
};

export const trueValue: Buffer = element(tag.boolean, Buffer.from([0xff]));
export const octetString = (content: Uint8Array): Buffer => element(tag.octetString, content);
export const utf8String = (text: string): Buffer => element(tag.utf8String, Buffer.from(text));
export const printableString = (text: string): Buffer => element(tag.printableString, Buffer.from(text, "latin1"));
export const ia5String = (text: string): Buffer => element(tag.ia5String, Buffer.from(text, "latin1"));
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer =>
  element(tag.bitString, Buffer.concat([Buffer.from([unusedBits]), bytes]));

/** Seconds precision; UTCTime up to 2049 and GeneralizedTime from 2050 on, as RFC 5280 section 4.1.2.5 wants. */
export const time = (date: Date): Buffer => {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050
    ? element(tag.utcTime, Buffer.from(text.slice(2)))
    : element(tag.generalizedTime, Buffer.from(text));
};
