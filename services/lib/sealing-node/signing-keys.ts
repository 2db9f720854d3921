// Ed25519 signing keys in files: PKCS#8 PEM, readable by their user only.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Signs statements. The private key stays inside. */
export interface Signer {
  /** `ed25519:` and the raw public key in base64url: also the DSSE keyid. */
  readonly keyId: string;
  /** Signs bytes; 64 bytes come back. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

const keyIdOf = (privateKey: KeyObject): string => {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return `ed25519:${x}`;
};

/** A signer for a private Ed25519 key that is already in memory. */
export const signerOf = (privateKey: KeyObject): Signer => {
  if (privateKey.asymmetricKeyType !== "ed25519")
    throw new TypeError(`the key is ${privateKey.asymmetricKeyType}, want ed25519`);
  return { keyId: keyIdOf(privateKey), sign: async (bytes) => new Uint8Array(sign(null, bytes, privateKey)) };
};

/**
 * Makes a signing key in a new file.
 *
 * @returns the signer
 * @throws EEXIST when the file is there: a key is never replaced
 */
export const createSigningKey = (file: string): Signer => {
  const { privateKey } = generateKeyPairSync("ed25519");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600, flag: "wx" });
  return signerOf(privateKey);
};

/** Opens the signing key in a file. */
export const openSigner = (file: string): Signer => signerOf(createPrivateKey(readFileSync(file)));
