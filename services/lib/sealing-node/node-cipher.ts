import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Cipher, Codec } from "#sealing";

const TAG_BYTES = 16;

/** AES-256-GCM, randomness and SHA-256 of node:crypto. */
export const nodeCipher: Cipher = {
  seal: ({ key, nonce, aad, bytes }) => {
    const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
    const body = cipher.update(bytes);
    return Buffer.concat([body, cipher.final(), cipher.getAuthTag()]);
  },
  open: ({ key, nonce, aad, bytes }) => {
    const body = bytes.length - TAG_BYTES;
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
    decipher.setAuthTag(bytes.subarray(body));
    const plaintext = decipher.update(bytes.subarray(0, body));
    // Throws when the tag does not hold; GCM holds nothing back, so there are no more bytes.
    decipher.final();
    return plaintext;
  },
  randomBytes: (length) => randomBytes(length),
  startSha256: () => {
    const hash = createHash("sha256");
    return {
      update: (bytes) => {
        hash.update(bytes);
      },
      digest: () => hash.digest(),
    };
  },
};

/** Zstandard of node:zlib. Level 1: texts of people compress little better at more. */
export const nodeZstd: Codec = {
  compress: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  decompress: (bytes, size) => zstdDecompressSync(bytes, { maxOutputLength: Math.max(size, 1) }),
};
