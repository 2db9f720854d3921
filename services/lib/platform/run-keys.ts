// The keys of one run. Each has one use, lives in memory only, and is dropped when the run ends, whichever way it ends.
import { createHash, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { EncryptionJwk } from "#attestation";
import { PlatformError } from "./platform-error.ts";

/** An Ed25519 public key as a JWK (RFC 8037). */
export interface ResultJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
}

/** Fresh keys of one run: one that brokers wrap released keys to, one that signs the result. */
export interface RunKeys {
  /** RSA-3072; `kid` is its RFC 7638 thumbprint. */
  readonly encryptionJwk: EncryptionJwk;
  readonly resultJwk: ResultJwk;
  /** Private RSA key for OAEP with SHA-256. Throws RUN_KEYS_DROPPED. */
  encryptionKey(): KeyObject;
  /** Private Ed25519 key. Throws RUN_KEYS_DROPPED. */
  resultKey(): KeyObject;
  /** Lets go of both private keys, so that their memory is freed (OpenSSL clears it) once nobody else holds them. */
  drop(): void;
}

const MODULUS_BITS = 3072;
const generate = promisify(generateKeyPair);

const member = (
  jwk: { readonly n?: string; readonly e?: string; readonly x?: string },
  name: "n" | "e" | "x",
): string => {
  const value = jwk[name];
  if (value === undefined) throw new TypeError(`public key without ${name}`);
  return value;
};

const toEncryptionJwk = (key: KeyObject): EncryptionJwk => {
  const jwk = key.export({ format: "jwk" });
  const n = member(jwk, "n");
  // RFC 7638 section 3: the required members alone, in lexical order. 65537 is AQAB.
  const kid = createHash("sha256")
    .update(JSON.stringify({ e: "AQAB", kty: "RSA", n }))
    .digest("base64url");
  return { kty: "RSA", kid, key_ops: ["encrypt"], n, e: "AQAB" };
};

/** Makes the keys of a run. RSA-3072 takes some tenths of a second of another thread. */
export const createRunKeys = async (): Promise<RunKeys> => {
  const [encryption, result] = await Promise.all([
    generate("rsa", { modulusLength: MODULUS_BITS, publicExponent: 65_537 }),
    generate("ed25519"),
  ]);
  let held: { readonly encryption: KeyObject; readonly result: KeyObject } | undefined = {
    encryption: encryption.privateKey,
    result: result.privateKey,
  };
  const alive = () => {
    if (held === undefined) throw new PlatformError("RUN_KEYS_DROPPED", "the keys of this run are gone");
    return held;
  };
  return {
    encryptionJwk: toEncryptionJwk(encryption.publicKey),
    resultJwk: { kty: "OKP", crv: "Ed25519", x: member(result.publicKey.export({ format: "jwk" }), "x") },
    encryptionKey: () => alive().encryption,
    resultKey: () => alive().result,
    drop() {
      held = undefined;
    },
  };
};
