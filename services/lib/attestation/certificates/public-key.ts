import { AttestationError } from "../attestation-error.ts";
import { byteAt, type Bytes, equalBytes, fromHex } from "../encoding/bytes.ts";
import type { Certificate } from "./certificate.ts";

// AMD uses two kinds of keys and one signature algorithm, so each is compared with its whole encoding: there is nothing to parse and
// nothing to be lenient about.

/** SubjectPublicKeyInfo of an RSA key of 4096 bits with exponent 65537, up to the 512 bytes of the modulus and behind it. */
const rsa4096 = {
  size: 550,
  head: fromHex("30820222300d06092a864886f70d01010105000382020f003082020a0282020100"),
  tail: fromHex("0203010001"),
};
/** SubjectPublicKeyInfo of a P-384 key, up to the 96 bytes of the uncompressed point. */
const p384 = { size: 120, head: fromHex("3076301006072a8648ce3d020106052b8104002203620004"), tail: fromHex("") };

/** RSASSA-PSS with SHA-384, MGF1-SHA-384 and salt 48 (RFC 4055), without trailerField as DER has it. */
const PSS =
  "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130";
/** The same with the default of trailerField spelled out, as AMD's CA certificates and older leaves have it. */
const PSS_WITH_TRAILER =
  "304606092a864886f70d01010a3039a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130a303020101";
const pssEncodings = [fromHex(PSS), fromHex(PSS_WITH_TRAILER)];

/** Checks that a CA's key is RSA-4096. Throws EVIDENCE_CERTIFICATE_KEY. */
export function checkRsaKey(certificate: Certificate, field: string): void {
  const spki = certificate.subjectPublicKeyInfo;
  // The first bit of the modulus is one, or the key would be shorter than it says.
  if (!hasShape(spki, rsa4096) || byteAt(spki, rsa4096.head.length) < 0x80) throw wrongKey(field, "RSA of 4096 bits");
}

/** Checks that a leaf's key is on P-384. Throws EVIDENCE_CERTIFICATE_KEY. */
export function checkP384Key(certificate: Certificate, field: string): void {
  if (!hasShape(certificate.subjectPublicKeyInfo, p384)) throw wrongKey(field, "ECDSA on P-384");
}

/** Checks the algorithm with which a certificate or a CRL is signed. Throws EVIDENCE_CERTIFICATE_ALGORITHM. */
export function checkSignatureAlgorithm(signed: Pick<Certificate, "signatureAlgorithm">, field: string): void {
  if (pssEncodings.some((encoding) => equalBytes(encoding, signed.signatureAlgorithm))) return;
  const expected = "RSASSA-PSS with SHA-384, MGF1-SHA-384 and salt 48";
  throw new AttestationError("EVIDENCE_CERTIFICATE_ALGORITHM", `${field} is not signed with ${expected}`, {
    field,
    expected,
  });
}

/** True when the issuer's key has signed the bytes. Throws EVIDENCE_CERTIFICATE_KEY. */
export async function isSignedBy(
  message: Bytes,
  signature: Bytes,
  issuer: Certificate,
  issuerField: string,
): Promise<boolean> {
  const algorithm = { name: "RSA-PSS", hash: "SHA-384" };
  const key = await refuseBadKey(issuerField, () =>
    crypto.subtle.importKey("spki", issuer.subjectPublicKeyInfo, algorithm, false, ["verify"]),
  );
  return crypto.subtle.verify({ name: "RSA-PSS", saltLength: 48 }, key, signature, message);
}

/** True when r || s (96 bytes, big-endian) is a signature of the message by the leaf's key. Throws EVIDENCE_CERTIFICATE_KEY. */
export async function isReportSignature(leaf: Certificate, signature: Bytes, message: Bytes): Promise<boolean> {
  const algorithm = { name: "ECDSA", namedCurve: "P-384" };
  const key = await refuseBadKey("leaf", () =>
    crypto.subtle.importKey("spki", leaf.subjectPublicKeyInfo, algorithm, false, ["verify"]),
  );
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-384" }, key, signature, message);
}

function hasShape(spki: Bytes, { size, head, tail }: typeof p384): boolean {
  return (
    spki.length === size &&
    equalBytes(spki.subarray(0, head.length), head) &&
    equalBytes(spki.subarray(size - tail.length), tail)
  );
}

/** WebCrypto throws DataError for a key that is none, such as a point off the curve; anything else is not about the evidence. */
async function refuseBadKey<Key>(field: string, importKey: () => Promise<Key>): Promise<Key> {
  try {
    return await importKey();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new AttestationError(
      "EVIDENCE_CERTIFICATE_KEY",
      `${field} has no valid public key`,
      { field },
      { cause: error },
    );
  }
}

function wrongKey(field: string, expected: string): AttestationError {
  return new AttestationError("EVIDENCE_CERTIFICATE_KEY", `${field} has another public key than ${expected}`, {
    field,
    expected,
  });
}
