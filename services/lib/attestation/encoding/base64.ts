import type { Bytes } from "./bytes.ts";

// Hand-written because the platforms disagree: `atob` skips white space, Node's Buffer skips anything, and both ignore left-over bits,
// so that one document would have many spellings and two verifiers two verdicts.

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const alphabets = { base64: `${letters}+/`, base64url: `${letters}-_` } as const;

/** Which of the two alphabets of RFC 4648; `base64` is padded, `base64url` is not. */
export type Base64Kind = keyof typeof alphabets;

/** Decodes the one canonical spelling of some bytes; `null` for any other text. */
export function decodeBase64(text: string, kind: Base64Kind): Bytes | null {
  if (kind === "base64" && text.length % 4 !== 0) return null;
  const digits = kind === "base64" ? text.replace(/={1,2}$/, "") : text;
  if (digits.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let width = 0;
  let at = 0;
  for (const digit of digits) {
    const value = alphabets[kind].indexOf(digit);
    if (value < 0) return null;
    bits = (bits << 6) | value;
    width += 6;
    if (width >= 8) {
      width -= 8;
      bytes[at++] = bits >> width;
      bits &= (1 << width) - 1;
    }
  }
  return bits === 0 ? bytes : null;
}

/** Encodes without padding, for thumbprints and nonces (RFC 4648 section 5). */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let width = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    width += 8;
    while (width >= 6) {
      width -= 6;
      text += alphabets.base64url.charAt(bits >> width);
      bits &= (1 << width) - 1;
    }
  }
  return width === 0 ? text : text + alphabets.base64url.charAt(bits << (6 - width));
}
