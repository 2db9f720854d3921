// `key_hsm` of a key release: CKM_RSA_AES_KEY_WRAP with SHA-256, as Azure Key Vault shapes it. The ciphertext is the
// RSA-OAEP of a fresh AES-256 key, then AES-KWP (RFC 5649) of the payload under that key.
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  randomBytes,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { fromBase64Url, fromHex, SealingError, toBase64Url } from "#sealing";
import * as v from "valibot";
import { rsaPublicKey, unwrapKeyOaep, wrapKeyOaep } from "./oaep.ts";

const KWP_CIPHER = "id-aes256-wrap-pad";
/** RFC 5649 section 3: the constant of the alternative initial value. */
const KWP_IV = fromHex("a65959a6");
const KEK_BYTES = 32;

const keyHsmSchema = v.strictObject({
  schema_version: v.literal("1.0"),
  header: v.strictObject({ kid: v.string(), alg: v.literal("dir"), enc: v.literal("RSA_AES_KEY_WRAP_256") }),
  ciphertext: v.string(),
});

/** The JSON inside `key_hsm`, before base64url. */
export type KeyHsm = v.InferOutput<typeof keyHsmSchema>;

/** AES-KWP, RFC 5649. */
const wrapPadded = (kek: Uint8Array, payload: Uint8Array): Buffer => {
  const cipher = createCipheriv(KWP_CIPHER, kek, KWP_IV);
  return Buffer.concat([cipher.update(payload), cipher.final()]);
};

const unwrapPadded = (kek: Uint8Array, wrapped: Uint8Array): Buffer => {
  // OpenSSL unwraps nothing at all to nothing at all; RFC 5649 has no ciphertext of fewer than two blocks.
  if (wrapped.length < 16 || wrapped.length % 8 !== 0) throw new RangeError("no AES-KWP ciphertext has this length");
  const decipher = createDecipheriv(KWP_CIPHER, kek, KWP_IV);
  return Buffer.concat([decipher.update(wrapped), decipher.final()]);
};

const recipientKey = (recipient: KeyObject | JsonWebKey): KeyObject => {
  if ("type" in recipient && typeof recipient.type === "string") return rsaPublicKey(recipient as KeyObject);
  try {
    return rsaPublicKey(createPublicKey({ key: recipient as JsonWebKey, format: "jwk" }));
  } catch (cause) {
    throw new SealingError("KEY_MALFORMED", "recipient is not an rsa public key of 3072 bits", {}, { cause });
  }
};

/**
 * Wraps a payload of any length to one recipient.
 *
 * @param options.recipient the recipient's RSA public key
 * @param options.kid how the recipient calls that key
 * @throws SealingError KEY_MALFORMED
 */
export const wrapKeyHsm = (options: {
  readonly payload: Uint8Array;
  readonly recipient: KeyObject | JsonWebKey;
  readonly kid: string;
}): KeyHsm => {
  const publicKey = recipientKey(options.recipient);
  const kek = randomBytes(KEK_BYTES);
  try {
    const ciphertext = Buffer.concat([wrapKeyOaep(publicKey, kek, ""), wrapPadded(kek, options.payload)]);
    return {
      schema_version: "1.0",
      header: { kid: options.kid, alg: "dir", enc: "RSA_AES_KEY_WRAP_256" },
      ciphertext: toBase64Url(ciphertext),
    };
  } finally {
    kek.fill(0);
  }
};

/**
 * Unwraps the payload.
 *
 * @param options.keyHsm what JSON.parse made of the document
 * @param options.kid the kid of one's own key: a document for another key is refused
 * @throws SealingError KEY_UNWRAP_FAILED, whatever the reason
 */
export const unwrapKeyHsm = (options: {
  readonly keyHsm: unknown;
  readonly privateKey: KeyObject;
  readonly kid: string;
}): Uint8Array => {
  const { privateKey } = options;
  try {
    const { header, ciphertext } = v.parse(keyHsmSchema, options.keyHsm);
    const bytes = fromBase64Url(ciphertext);
    const modulusBytes = (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
    if (header.kid !== options.kid || modulusBytes === 0) throw new RangeError("wrapped to another key");
    const kek = unwrapKeyOaep(privateKey, bytes.subarray(0, modulusBytes), "");
    try {
      if (kek.length !== KEK_BYTES) throw new RangeError("key-encryption key is not 256 bits");
      return unwrapPadded(kek, bytes.subarray(modulusBytes));
    } finally {
      kek.fill(0);
    }
  } catch {
    // One error for all: which step failed would help only who probes the key.
    throw new SealingError("KEY_UNWRAP_FAILED", "key does not unwrap");
  }
};
