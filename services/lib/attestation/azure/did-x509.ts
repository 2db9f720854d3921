// did:x509 (version 0) with an `eku` policy: an issuer is a CA certificate, named by its SHA-256, and what its leaf must be for.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { type Certificate, parseCertificate } from "../certificates/certificate.ts";
import { encodeBase64Url } from "../encoding/base64.ts";
import { type Bytes, equalBytes, fromHex, sha256, toHex } from "../encoding/bytes.ts";
import { type CborValue, cborText } from "../encoding/cbor.ts";
import { derContent, derElements, derOid, derTag, derUnsigned } from "../encoding/der.ts";

const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
/** The extensions that may be critical, because they are looked at here. */
const understood = new Set([KEY_USAGE, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE]);
/** The first byte of keyUsage (RFC 5280 section 4.2.1.3). */
const usageBit = { digitalSignature: 0x80, keyCertSign: 0x04 } as const;
/** sha384WithRSAEncryption, DER: the one algorithm with which Microsoft's supply chain CAs sign. */
const SHA384_WITH_RSA = fromHex("300d06092a864886f70d01010c0500");

const DID = /^did:x509:0:sha256:([A-Za-z0-9_-]{43})::eku:([0-9]+(?:\.[0-9]+)+)$/;

/** A verified chain: its leaf, and what a DID can name of it. */
export interface X509Chain {
  readonly leaf: Certificate;
  /** What the leaf is for, by dotted object identifier. */
  readonly usages: readonly string[];
  /** SHA-256 of the CA certificates, base64url as a DID has it: all but the leaf, the root last. */
  readonly fingerprints: readonly string[];
}

/**
 * Verifies a chain from its leaf to a self-signed root, each certificate issued by the next. It may be anybody's: who is trusted is for
 * `checkIssuer` to say. Dates are not looked at: an endorsement outlives the leaf that signed it. Throws UVM_CHAIN_INVALID.
 */
export async function verifyX509Chain(encoded: readonly Bytes[]): Promise<X509Chain> {
  const certificates = inChain(() => encoded.map(parseCertificate));
  const [leaf, ...authorities] = certificates;
  if (leaf === undefined) throw invalid("it is empty");
  const usages = inChain(() => {
    checkUses(leaf, authorities);
    return extendedKeyUsages(leaf);
  });
  for (const [at, certificate] of certificates.entries()) {
    // The last one is its own issuer.
    const issuer = certificates[at + 1] ?? certificate;
    if (!equalBytes(certificate.issuer, issuer.subject) || !(await isSignedBy(certificate, issuer))) {
      throw invalid(`certificate ${at} is not issued by the next`);
    }
  }
  const fingerprints = await Promise.all(authorities.map(async ({ der }) => encodeBase64Url(await sha256(der))));
  return { leaf, usages, fingerprints };
}

/** Checks that the chain is the issuer that its DID names, and that the DID is accepted. Throws UVM_ISSUER. */
export function checkIssuer(
  did: CborValue | undefined,
  { usages, fingerprints }: X509Chain,
  accepted: readonly string[],
): string {
  if (typeof did !== "string" || !accepted.includes(did)) {
    throw mismatch("UVM_ISSUER", "iss", accepted.join(" or ") || "nothing is accepted", cborText(did));
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
  if (!usages.includes(usage)) {
    throw mismatch("UVM_ISSUER", "extended key usage of the leaf", usage, usages.join(" and ") || "none");
  }
  return did;
}

/** True when the leaf's key has signed: RSASSA-PSS with SHA-384 and salt 48. Throws UVM_CHAIN_INVALID. */
export function isPs384Signature({ leaf }: X509Chain, signature: Bytes, message: Bytes): Promise<boolean> {
  return isRsaSignature(leaf, { name: "RSA-PSS", saltLength: 48 }, signature, message);
}

/** Checks that each certificate is for what it does in the chain. */
function checkUses(leaf: Certificate, authorities: readonly Certificate[]): void {
  for (const { extensions } of [leaf, ...authorities]) {
    for (const [oid, { critical }] of extensions) {
      if (critical && !understood.has(oid)) throw invalid(`the critical extension ${oid} is not understood`);
    }
  }
  if (!isUsedFor(leaf, "digitalSignature")) throw invalid("its leaf may not sign");
  for (const [below, authority] of authorities.entries()) {
    if (!isAuthority(authority, below)) throw invalid(`certificate ${below + 1} is no CA, or not of a chain so long`);
  }
}

function extendedKeyUsages({ extensions }: Certificate): readonly string[] {
  const usages = extensions.get(EXTENDED_KEY_USAGE);
  if (usages === undefined) return [];
  return derElements(derContent(usages.value, derTag.sequence)).map(({ encoded }) =>
    derOid(derContent(encoded, derTag.oid)),
  );
}

/** RFC 5280 section 4.2.1.9: cA, critical, and as many CA certificates below it as its path length allows. */
function isAuthority(certificate: Certificate, below: number): boolean {
  const constraints = certificate.extensions.get(BASIC_CONSTRAINTS);
  if (constraints?.critical !== true || !isUsedFor(certificate, "keyCertSign")) return false;
  const [ca, limit, ...more] = derElements(derContent(constraints.value, derTag.sequence));
  if (ca === undefined || toHex(ca.encoded) !== "0101ff" || more.length > 0) return false;
  if (limit === undefined) return true;
  const pathLength = derUnsigned(derContent(limit.encoded, derTag.integer));
  return below <= pathLength.reduce((value, byte) => value * 256 + byte, 0);
}

/** A key whose usage is not limited may be used for anything. */
function isUsedFor({ extensions }: Certificate, use: keyof typeof usageBit): boolean {
  const keyUsage = extensions.get(KEY_USAGE);
  // The first byte of a BIT STRING counts its unused bits.
  return keyUsage === undefined || ((derContent(keyUsage.value, derTag.bitString)[1] ?? 0) & usageBit[use]) !== 0;
}

/** What a certificate is refused for is a reason to refuse the chain. */
function inChain<Read>(read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AttestationError) || error.code === "UVM_CHAIN_INVALID") throw error;
    throw invalid(error.message);
  }
}

async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  if (!equalBytes(certificate.signatureAlgorithm, SHA384_WITH_RSA)) return false;
  return isRsaSignature(issuer, { name: "RSASSA-PKCS1-v1_5" }, certificate.signatureValue, certificate.tbsCertificate);
}

async function isRsaSignature(
  { subjectPublicKeyInfo }: Certificate,
  algorithm: { readonly name: string; readonly saltLength?: number },
  signature: Bytes,
  message: Bytes,
): Promise<boolean> {
  try {
    const kind = { name: algorithm.name, hash: "SHA-384" };
    const key = await crypto.subtle.importKey("spki", subjectPublicKeyInfo, kind, false, ["verify"]);
    return await crypto.subtle.verify(algorithm, key, signature, message);
  } catch (error) {
    // DataError: no key, or one of another kind; OperationError: one too short for the algorithm.
    if (!(error instanceof DOMException)) throw error;
    throw invalid("a certificate has no RSA key of use");
  }
}

function invalid(why: string): AttestationError {
  return new AttestationError("UVM_CHAIN_INVALID", `the chain of the endorsement is refused: ${why}`, {
    field: "x5chain",
  });
}
