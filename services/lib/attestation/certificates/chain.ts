// ARK (root) → ASK (intermediate) → VCEK (leaf), AMD 57230. A certificate's role is its exact subject; position, file name and the
// kind that a table slot claims say nothing.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { equalBytes, sha256, toHex } from "../encoding/bytes.ts";
import type { Certificate } from "./certificate.ts";
import { derContent, derElements, derTag } from "../encoding/der.ts";
import { type Product, productNames } from "../report/product.ts";
import { checkP384Key, checkRsaKey, checkSignatureAlgorithm, isSignedBy } from "./public-key.ts";
import { pinOf, type TrustedRoots } from "./roots.ts";

/** The three certificates of a chain and the product in the names of its CAs. Not verified yet. */
export interface Chain {
  readonly leaf: Certificate;
  readonly intermediate: Certificate;
  readonly root: Certificate;
  readonly product: Product;
}

type Role =
  | { readonly role: "leaf"; readonly signer: "vcek" | "vlek"; readonly product: null }
  | { readonly role: "intermediate"; readonly signer: "vcek" | "vlek"; readonly product: Product }
  | { readonly role: "root"; readonly signer: null; readonly product: Product };

const roles = new Map<string, Role>([
  ["SEV-VCEK", { role: "leaf", signer: "vcek", product: null }],
  ["SEV-VLEK", { role: "leaf", signer: "vlek", product: null }],
  ...productNames.flatMap((product): [string, Role][] => [
    [`ARK-${product}`, { role: "root", signer: null, product }],
    [`SEV-${product}`, { role: "intermediate", signer: "vcek", product }],
    [`SEV-VLEK-${product}`, { role: "intermediate", signer: "vlek", product }],
  ]),
]);

/** What every subject of AMD's says before its common name: OU, C, L, ST, O. */
const organisation = [
  ["2.5.4.11", "Engineering"],
  ["2.5.4.6", "US"],
  ["2.5.4.7", "Santa Clara"],
  ["2.5.4.8", "CA"],
  ["2.5.4.10", "Advanced Micro Devices"],
] as const;

/**
 * Finds the chain of a VCEK among certificates in any order. Throws EVIDENCE_CERTIFICATE_NAME, EVIDENCE_CHAIN_INCOMPLETE,
 * EVIDENCE_SIGNING_KEY_MISMATCH, EVIDENCE_PRODUCT_MISMATCH.
 */
export function selectChain(certificates: readonly Certificate[], reportProduct: Product | null): Chain {
  const found = certificates.map((certificate) => ({ certificate, ...roleOf(certificate) }));
  const only = (role: Role["role"]) => {
    const [first, ...more] = found.filter((one) => one.role === role);
    if (first === undefined || more.length > 0) {
      throw mismatch(
        "EVIDENCE_CHAIN_INCOMPLETE",
        `number of ${role} certificates`,
        "1",
        `${first === undefined ? 0 : more.length + 1}`,
      );
    }
    return first;
  };
  const [leaf, intermediate, root] = [only("leaf"), only("intermediate"), only("root")];
  for (const { role, signer } of [leaf, intermediate]) {
    if (signer !== "vcek") throw mismatch("EVIDENCE_SIGNING_KEY_MISMATCH", `kind of the ${role}`, "vcek", `${signer}`);
  }
  const product = root.product;
  if (product === null || intermediate.product !== product) {
    throw mismatch("EVIDENCE_PRODUCT_MISMATCH", "product of the intermediate", `${product}`, `${intermediate.product}`);
  }
  if (reportProduct !== null && reportProduct !== product) {
    throw mismatch("EVIDENCE_PRODUCT_MISMATCH", "product of the chain", reportProduct, product);
  }
  return { leaf: leaf.certificate, intermediate: intermediate.certificate, root: root.certificate, product };
}

function roleOf({ subjectAttributes }: Certificate): Role {
  const commonName = subjectAttributes.at(-1);
  const role = commonName?.type === "2.5.4.3" ? roles.get(commonName.value) : undefined;
  const isAmd =
    subjectAttributes.length === organisation.length + 1 &&
    organisation.every(([type, value], index) => {
      const attribute = subjectAttributes[index];
      return attribute?.type === type && attribute.value === value;
    });
  if (role === undefined || !isAmd) {
    const seen = subjectAttributes.map(({ value }) => value).join(", ");
    throw new AttestationError("EVIDENCE_CERTIFICATE_NAME", `no certificate of AMD's has the subject ${seen}`, {
      field: "subject",
      seen,
    });
  }
  return role;
}

/**
 * Verifies a chain down from the pinned root at a time given in milliseconds since 1970. Throws EVIDENCE_ROOT_UNTRUSTED,
 * EVIDENCE_CERTIFICATE_KEY, EVIDENCE_CERTIFICATE_ALGORITHM, EVIDENCE_CHAIN_INVALID, EVIDENCE_CERTIFICATE_NOT_YET_VALID,
 * EVIDENCE_CERTIFICATE_EXPIRED.
 */
export async function verifyChain(chain: Chain, roots: TrustedRoots, now: number): Promise<void> {
  const { leaf, intermediate, root, product } = chain;
  const pin = pinOf(roots, product);
  const seen = await sha256(root.subjectPublicKeyInfo);
  if (!equalBytes(pin, seen)) {
    throw mismatch("EVIDENCE_ROOT_UNTRUSTED", `SHA-256 of the key of ARK-${product}`, toHex(pin), toHex(seen));
  }
  checkRsaKey(root, "ARK");
  checkRsaKey(intermediate, "ASK");
  checkP384Key(leaf, "VCEK");
  checkCa(root, "ARK", [CA]);
  checkCa(intermediate, "ASK", [CA, PATH_LENGTH_0]);
  await checkIssued(root, "ARK", root, "ARK");
  await checkIssued(intermediate, "ASK", root, "ARK");
  await checkIssued(leaf, "VCEK", intermediate, "ASK");
  checkTime(root, "ARK", now);
  checkTime(intermediate, "ASK", now);
  checkTime(leaf, "VCEK", now);
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
  if (!(await isSignedBy(certificate, issuer, issuerField))) {
    throw invalid(field, `its signature is not of the ${issuerField}'s key`);
  }
}

const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
/** The members of basicConstraints, DER: cA TRUE, and a pathLenConstraint of 0. */
const CA = "0101ff";
const PATH_LENGTH_0 = "020100";
/** What a CA certificate may carry beside its constraints: key identifiers and where its CRL is published. */
const informative = new Set(["2.5.29.14", "2.5.29.35", "2.5.29.31"]);

/** RFC 5280 sections 4.2.1.3 and 4.2.1.9: both extensions critical; AMD gives the ASK path length 0 and the ARK none. */
function checkCa({ extensions }: Certificate, field: string, expected: readonly string[]): void {
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
