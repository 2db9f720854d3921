import { fromBase64Url, toBase64Url } from "./bytes.ts";
import { SealingError } from "./errors.ts";

const PREFIX = "ed25519:";

/**
 * The raw public key of its text form `ed25519:<base64url>`.
 *
 * @returns 32 bytes
 * @throws SealingError KEY_MALFORMED
 */
export const ed25519KeyOf = (text: string): Uint8Array<ArrayBuffer> => {
  if (!/^ed25519:[A-Za-z0-9_-]{43}$/.test(text))
    throw new SealingError("KEY_MALFORMED", `key is not ${PREFIX} and 43 characters of base64url`);
  try {
    return fromBase64Url(text.slice(PREFIX.length));
  } catch (cause) {
    throw new SealingError("KEY_MALFORMED", "key is not strict base64url", {}, { cause });
  }
};

/**
 * The text form of a raw public key: also its DSSE keyid.
 *
 * @throws SealingError KEY_MALFORMED when the key is not 32 bytes
 */
export const ed25519TextOf = (raw: Uint8Array): string => {
  if (raw.length !== 32) throw new SealingError("KEY_MALFORMED", `key is ${raw.length} bytes, want 32`);
  return `${PREFIX}${toBase64Url(raw)}`;
};

/** Whether an Ed25519 signature holds (RFC 8032). */
export const verifyEd25519 = async (
  raw: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> => {
  const key = await crypto.subtle.importKey("raw", new Uint8Array(raw), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, new Uint8Array(signature), message);
};
