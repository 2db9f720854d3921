// Text forms of bytes, strict: one text per byte string, everything else is refused.
import { SealingError } from "./errors.ts";

const encoder = new TextEncoder();
// ignoreBOM keeps a leading U+FEFF: without it the decoder would drop three bytes of data.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/**
 * Text of UTF-8 bytes.
 *
 * @throws SealingError ENCODING_MALFORMED when the bytes are not UTF-8
 */
export const fromUtf8 = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new SealingError("ENCODING_MALFORMED", "bytes are not utf-8");
  }
};

/** One byte string after the other. */
export const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Whether two byte strings are the same. Not in constant time: for public values only. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** SHA-256, 32 bytes. */
export const sha256 = async (bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> =>
  // The copy also keeps a caller that changes its buffer meanwhile from changing what is hashed.
  new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));

/** Lower-case hex. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Bytes of lower-case hex.
 *
 * @throws SealingError ENCODING_MALFORMED
 */
export const fromHex = (text: string): Uint8Array<ArrayBuffer> => {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text))
    throw new SealingError("ENCODING_MALFORMED", "text is not lower-case hex");
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
};

/** Base64 in the standard alphabet, padded (RFC 4648 section 4). */
export const toBase64 = (bytes: Uint8Array): string => {
  let binary = "";
  // In pieces: the arguments of one call go on the stack.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
};

/** Base64url without padding (RFC 4648 section 5). */
export const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const decode = (text: string, encoding: string, encode: (bytes: Uint8Array) => string): Uint8Array<ArrayBuffer> => {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from({ length: binary.length }, (_, index) => binary.charCodeAt(index));
    // Encoding back refuses what atob forgives: white space, missing padding, the other alphabet, stray low bits.
    if (encode(bytes) === text) return bytes;
  } catch {
    // atob's own complaint says no more than the error below
  }
  throw new SealingError("ENCODING_MALFORMED", `text is not ${encoding}`);
};

/**
 * Bytes of padded standard base64.
 *
 * @throws SealingError ENCODING_MALFORMED
 */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => decode(text, "base64", toBase64);

/**
 * Bytes of unpadded base64url.
 *
 * @throws SealingError ENCODING_MALFORMED
 */
export const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> => decode(text, "base64url", toBase64Url);
