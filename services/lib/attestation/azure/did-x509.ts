// did:x509 (version 0) with an `eku` policy: an issuer is a CA certificate, named by its SHA-256, and what its leaf must be for.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { type Certificate, parseCertificate } from "../certificates/certificate.ts";
import { encodeBase64Url } from "../encoding/base64.ts";
import { type Bytes, equalBytes, fromHex, sha256, toHex } from "../encoding/bytes.ts";
import { derContent, derElements, derOid, derTag } from "../encoding/der.ts";

const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
/** sha384WithRSAEncryption, DER: the one algorithm with which Microsoft's supply chain CAs sign. */
const SHA384_WITH_RSA = fromHex("300d06092a864886f70d01010c0500");

const DID = /^did:x509:0:sha256:([A-Za-z0-9_-]{43})::eku:([0-9]+(?:\.[0-9]+)+)$/;

/** A verified chain: its leaf, and what a DID can name of it. */
export interface X509Chain {
  readonly leaf: Certificate;
  /** SHA-256 of the CA certificates, base64url: all but the leaf. */
  readonly fingerprints: readonly string[];
}

/**
 * Verifies a chain from its leaf to a self-signed root. It may be anybody's: who is trusted is for `checkIssuer` to say. Dates are not
 * looked at: an endorsement outlives the leaf that signed it. Throws UVM_CHAIN_INVALID.
 */
export async function verifyX509Chain(encoded: readonly Bytes[]): Promise<X509Chain> {
  const certificates = encoded.map(parsed);
  const [leaf, ...authorities] = certificates;
  if (leaf === undefined) throw invalid("it is empty");
  for (const [at, certificate] of certificates.entries()) {
    // The last one is its own issuer.
    const issuer = certificates[at + 1] ?? certificate;
    if (!isAuthority(issuer)) throw invalid(`certificate ${at} is issued by one that is no CA`);
    if (!equalBytes(certificate.issuer, issuer.subject) || !(await isSignedBy(certificate, issuer))) {
      throw invalid(`certificate ${at} is not issued by the next`);
    }
  }
  const fingerprints = await Promise.all(authorities.map(async ({ der }) => encodeBase64Url(await sha256(der))));
  return { leaf, fingerprints };
}

/** Checks that the chain is the issuer that its DID names, and that the DID is accepted. Throws UVM_ISSUER. */
export function checkIssuer(did: unknown, { leaf, fingerprints }: X509Chain, accepted: readonly string[]): string {
  if (typeof did !== "string" || !accepted.includes(did)) {
    throw mismatch("UVM_ISSUER", "iss", accepted.join(" or ") || "nothing is accepted", String(did));
  }
  const [, fingerprint, usage] = DID.exec(did) ?? [];
  if (fingerprint === undefined || usage === undefined) {
    throw new AttestationError("REFERENCE_VALUES_INCOMPLETE", `${did} is no did:x509 with an eku policy`, {
      field: "issuers",
    });
  }
  if (!fingerprints.includes(fingerprint)) {
    throw mismatch("UVM_ISSUER", "fingerprint of a CA of the chain", fingerprint, fingerprints.join(" and "));
  }
  const usages = extendedKeyUsages(leaf);
  if (!usages.includes(usage))
    throw mismatch("UVM_ISSUER", "extended key usage of the leaf", usage, usages.join(" and "));
  return did;
}

/** True when the leaf's key has signed: RSASSA-PSS with SHA-384 and salt 48. Throws UVM_CHAIN_INVALID. */
export async function isPs384Signature({ leaf }: X509Chain, signature: Bytes, message: Bytes): Promise<boolean> {
  const key = await importRsa(leaf, "RSA-PSS");
  return crypto.subtle.verify({ name: "RSA-PSS", saltLength: 48 }, key, signature, message);
}

function parsed(der: Bytes): Certificate {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    throw invalid(error.message);
  }
}

/** RFC 5280 sections 4.2.1.3 and 4.2.1.9: cA, critical; and keyCertSign, where the key's usage is limited at all. */
function isAuthority({ extensions }: Certificate): boolean {
  const [constraints, keyUsage] = [extensions.get(BASIC_CONSTRAINTS), extensions.get(KEY_USAGE)];
  if (constraints?.critical !== true) return false;
  try {
    const [ca] = derElements(derContent(constraints.value, derTag.sequence));
    const mayCertify = keyUsage === undefined || ((derContent(keyUsage.value, derTag.bitString)[1] ?? 0) & 0x04) !== 0;
    return ca !== undefined && toHex(ca.encoded) === "0101ff" && mayCertify;
  } catch (error) {
    if (error instanceof AttestationError) return false;
    throw error;
  }
}

function extendedKeyUsages({ extensions }: Certificate): readonly string[] {
  const extension = extensions.get(EXTENDED_KEY_USAGE);
  if (extension === undefined) return [];
  try {
    return derElements(derContent(extension.value, derTag.sequence)).map(({ content }) => derOid(content));
  } catch (error) {
    if (error instanceof AttestationError) return [];
    throw error;
  }
}

async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  if (!equalBytes(certificate.signatureAlgorithm, SHA384_WITH_RSA)) return false;
  const key = await importRsa(issuer, "RSASSA-PKCS1-v1_5");
  return crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, certificate.signatureValue, certificate.tbsCertificate);
}

async function importRsa({ subjectPublicKeyInfo }: Certificate, name: string) {
  try {
    return await crypto.subtle.importKey("spki", subjectPublicKeyInfo, { name, hash: "SHA-384" }, false, ["verify"]);
  } catch (error) {
    // DataError: no key, or one of another kind.
    if (!(error instanceof DOMException)) throw error;
    throw invalid("a certificate has no RSA key");
  }
}

function invalid(why: string): AttestationError {
  return new AttestationError("UVM_CHAIN_INVALID", `the chain of the endorsement is refused: ${why}`, {
    field: "x5chain",
  });
}
