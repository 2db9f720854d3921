import { createHash, X509Certificate, type KeyObject } from "node:crypto";

/** SHA-256 of a public key's SubjectPublicKeyInfo: 32 bytes. */
export const spkiSha256 = (key: KeyObject): Uint8Array =>
  new Uint8Array(
    createHash("sha256")
      .update(key.export({ format: "der", type: "spki" }))
      .digest(),
  );

/** SHA-256 of the SubjectPublicKeyInfo of a certificate, PEM or DER: 32 bytes. */
export const certificateSpkiSha256 = (certificate: string | Uint8Array): Uint8Array =>
  spkiSha256(new X509Certificate(certificate).publicKey);
