// ARK (root) → ASK or ASVK (intermediate) → VCEK or VLEK (leaf), AMD 57230.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { concatBytes, equalBytes, sha256, toHex } from "../encoding/bytes.ts";
import { derContent, derElements, derTag } from "../encoding/der.ts";
import type { Product } from "../report/product.ts";
import type { Certificate } from "./certificate.ts";
import { checkP384Key, checkRsaKey, checkSignatureAlgorithm, isSignedBy } from "./public-key.ts";
import { intermediateName, leafName, type Signer } from "./roles.ts";
import { pinOf, type TrustedRoots } from "./roots.ts";
import type { Chain } from "./select-chain.ts";

/**
 * Verifies a chain down from the pinned root at a time given in milliseconds since 1970. Throws EVIDENCE_ROOT_UNTRUSTED,
 * EVIDENCE_CERTIFICATE_KEY, EVIDENCE_CERTIFICATE_ALGORITHM, EVIDENCE_CHAIN_INVALID, EVIDENCE_CERTIFICATE_NOT_YET_VALID,
 * EVIDENCE_CERTIFICATE_EXPIRED.
 */
export async function verifyChain(chain: Chain, roots: TrustedRoots, now: number): Promise<void> {
  const { leaf, intermediate, root, product, signer } = chain;
  const [leafField, authority] = [leafName(signer), intermediateName(signer)];
  const pin = pinOf(roots, product);
  const seen = await sha256(root.subjectPublicKeyInfo);
  if (!equalBytes(pin, seen)) {
    throw mismatch("EVIDENCE_ROOT_UNTRUSTED", `SHA-256 of the key of ARK-${product}`, toHex(pin), toHex(seen));
  }
  checkRsaKey(root, "ARK");
  checkRsaKey(intermediate, authority);
  checkP384Key(leaf, leafField);
  checkCa(root, "ARK", [CA], crlPoint(product, "vcek"));
  checkCa(intermediate, authority, [CA, PATH_LENGTH_0], crlPoint(product, signer));
  await checkIssued(root, "ARK", root, "ARK");
  await checkIssued(intermediate, authority, root, "ARK");
  await checkIssued(leaf, leafField, intermediate, authority);
  checkTime(root, "ARK", now);
  checkTime(intermediate, authority, now);
  checkTime(leaf, leafField, now);
}

async function checkIssued(
  certificate: Certificate,
  field: string,
  issuer: Certificate,
  issuerField: string,
): Promise<void> {
  checkSignatureAlgorithm(certificate, field);
  if (!equalBytes(certificate.issuer, issuer.subject)) {
    throw invalid(field, `its issuer is not the subject of the ${issuerField}`);
  }
  if (!(await isSignedBy(certificate.tbsCertificate, certificate.signatureValue, issuer, issuerField))) {
    throw invalid(field, `its signature is not of the ${issuerField}'s key`);
  }
}

const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
/** The members of basicConstraints, DER: cA TRUE, and a pathLenConstraint of 0. */
const CA = "0101ff";
const PATH_LENGTH_0 = "020100";
const CRL_DISTRIBUTION_POINTS = "2.5.29.31";
/** What a CA certificate may carry beside its constraints: key identifiers and where its CRL is published. */
const informative = new Set(["2.5.29.14", "2.5.29.35", CRL_DISTRIBUTION_POINTS]);

/** The one distribution point that AMD names: DistributionPoint, its name, fullName, and the URL. No trust comes from it. */
function crlPoint(product: Product, signer: Signer): Uint8Array {
  const url = new TextEncoder().encode(`https://kdsintf.amd.com/${signer}/v1/${product}/crl`);
  const wrap = (content: Uint8Array, tag: number) => concatBytes(Uint8Array.of(tag, content.length), content);
  return [0x86, 0xa0, 0xa0, derTag.sequence, derTag.sequence].reduce(wrap, url);
}

/** RFC 5280 sections 4.2.1.3 and 4.2.1.9: both extensions critical; AMD gives the ASK path length 0 and the ARK none. */
function checkCa(
  { extensions }: Certificate,
  field: string,
  expected: readonly string[],
  distributionPoints: Uint8Array,
): void {
  const keyUsage = extensions.get(KEY_USAGE);
  const constraints = extensions.get(BASIC_CONSTRAINTS);
  if (keyUsage?.critical !== true || constraints?.critical !== true) {
    throw invalid(field, "its constraints are missing or not critical");
  }
  // Bit 5 is keyCertSign; the first byte of the BIT STRING counts its unused bits.
  const bits = derContent(keyUsage.value, derTag.bitString);
  if (bits.length !== 2 || ((bits[1] ?? 0) & 0x04) === 0) throw invalid(field, "it may not sign certificates");
  const seen = derElements(derContent(constraints.value, derTag.sequence)).map(({ encoded }) => toHex(encoded));
  if (seen.join() !== expected.join()) throw invalid(field, "it is no CA with the path length of its role");
  const published = extensions.get(CRL_DISTRIBUTION_POINTS);
  if (published !== undefined && !equalBytes(published.value, distributionPoints)) {
    throw invalid(field, "its CRL is published elsewhere than at AMD's address");
  }
  for (const [oid, { critical }] of extensions) {
    if (oid === KEY_USAGE || oid === BASIC_CONSTRAINTS) continue;
    if (critical || !informative.has(oid)) throw invalid(field, `it carries the foreign extension ${oid}`);
  }
}

function checkTime({ notBefore, notAfter }: Certificate, field: string, now: number): void {
  // Written so that a clock that is not a number fails both.
  if (!(now >= notBefore)) {
    throw mismatch(
      "EVIDENCE_CERTIFICATE_NOT_YET_VALID",
      `time of verification of the ${field}`,
      `at least ${timeText(notBefore)}`,
      timeText(now),
    );
  }
  if (!(now <= notAfter)) {
    throw mismatch(
      "EVIDENCE_CERTIFICATE_EXPIRED",
      `time of verification of the ${field}`,
      `at most ${timeText(notAfter)}`,
      timeText(now),
    );
  }
}

function timeText(time: number): string {
  return Number.isNaN(time) ? "no time" : new Date(time).toISOString();
}

function invalid(field: string, why: string): AttestationError {
  return new AttestationError("EVIDENCE_CHAIN_INVALID", `the ${field} is refused: ${why}`, { field });
}
