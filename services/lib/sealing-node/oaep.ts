// RSA-OAEP with SHA-256 for hash and MGF1 (RFC 8017 section 7.1).
import { constants, createPublicKey, privateDecrypt, publicEncrypt, type KeyObject } from "node:crypto";
import { SealingError } from "#sealing";

const MODULUS_BITS = 3072;

const parameters = (label: string) => ({
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: "sha256",
  // OpenSSL takes no label and an empty one for the same.
  ...(label === "" ? {} : { oaepLabel: Buffer.from(label, "utf8") }),
});

/**
 * The public half of an RSA key of at least 3072 bits.
 *
 * @param key SubjectPublicKeyInfo as PEM or DER, or a key object
 * @throws SealingError KEY_MALFORMED
 */
export const rsaPublicKey = (key: KeyObject | string | Uint8Array): KeyObject => {
  let publicKey: KeyObject;
  try {
    if (typeof key === "string") publicKey = createPublicKey(key);
    else if (key instanceof Uint8Array)
      publicKey = createPublicKey({ key: Buffer.from(key), format: "der", type: "spki" });
    else publicKey = key.type === "private" ? createPublicKey(key) : key;
  } catch (cause) {
    throw new SealingError("KEY_MALFORMED", "key is not a public key", {}, { cause });
  }
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType !== "rsa" || bits < MODULUS_BITS)
    throw new SealingError(
      "KEY_MALFORMED",
      `key is ${publicKey.asymmetricKeyType} of ${bits} bits, want rsa of ${MODULUS_BITS}`,
    );
  return publicKey;
};

/**
 * Wraps a key under an RSA public key.
 *
 * @param label bound into the wrapping: unwrapping needs the same
 */
export const wrapKeyOaep = (publicKey: KeyObject, key: Uint8Array, label: string): Uint8Array =>
  publicEncrypt({ key: publicKey, ...parameters(label) }, key);

/**
 * Unwraps a key.
 *
 * @throws SealingError KEY_UNWRAP_FAILED, whatever the reason
 */
export const unwrapKeyOaep = (privateKey: KeyObject, wrapped: Uint8Array, label: string): Uint8Array => {
  try {
    return privateDecrypt({ key: privateKey, ...parameters(label) }, wrapped);
  } catch {
    throw new SealingError("KEY_UNWRAP_FAILED", "key does not unwrap");
  }
};
