// Which of the certificates at hand make the chain. They come from an untrusted host in any order and number, with re-issued ones among
// them; choosing well only decides which chain is then verified in full.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { equalBytes } from "../encoding/bytes.ts";
import type { Product } from "../report/product.ts";
import { amdAuthorities } from "./amd-authorities.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { leafProductName } from "./leaf.ts";
import { isSignedBy } from "./public-key.ts";
import { intermediateName, leafName, type Role, roleOf, type Signer } from "./roles.ts";

/** The three certificates of a chain, its product and the kind of its leaf. Not verified yet. */
export interface Chain {
  readonly leaf: Certificate;
  readonly intermediate: Certificate;
  readonly root: Certificate;
  readonly product: Product;
  readonly signer: Signer;
}

/** What the report says about the chain that must vouch for it. */
export interface ChainWanted {
  readonly signer: Signer;
  /** From the signed CPUID bytes; `null` for version 2, where the certificates name the product. */
  readonly product: Product | null;
  /** Prefers one of several leaves, such as the one that was issued for this TCB and is valid now. */
  readonly suits: (leaf: Certificate) => number;
  /** Completes what is missing with the authorities that AMD publishes. */
  readonly complete: boolean;
}

/** More certificates than any table or folder has for one report; each candidate may cost a signature. */
const MAX_CERTIFICATES = 32;

type Found = Role & { readonly certificate: Certificate };

/**
 * Finds the chain of a report among certificates in any order. Throws EVIDENCE_CERTIFICATE_NAME, EVIDENCE_CHAIN_INCOMPLETE,
 * EVIDENCE_SIGNING_KEY_MISMATCH, EVIDENCE_PRODUCT_MISMATCH.
 */
export async function selectChain(certificates: readonly Certificate[], wanted: ChainWanted): Promise<Chain> {
  if (certificates.length > MAX_CERTIFICATES) {
    const seen = `${certificates.length}`;
    throw mismatch("EVIDENCE_CHAIN_INCOMPLETE", "number of certificates", `at most ${MAX_CERTIFICATES}`, seen);
  }
  const found = distinct(certificates).map((certificate): Found => ({ certificate, ...roleOf(certificate) }));
  const { signer } = wanted;
  const [leaf] = ofKind(found, "leaf", signer).toSorted(
    (a, b) => wanted.suits(b.certificate) - wanted.suits(a.certificate),
  );
  if (leaf === undefined) throw missing(leafName(signer));
  const product = wanted.product ?? productOf(found) ?? leafProductName(leaf.certificate);
  const published = wanted.complete && product !== null ? amdAuthorities(product) : null;
  const intermediates = certificatesOf(found, "intermediate", product, signer);
  if (intermediates.length === 0 && published !== null) {
    intermediates.push(parseCertificate(signer === "vcek" ? published.ask : published.asvk));
  }
  const [root] = certificatesOf(found, "root", product, null);
  const ark = root ?? (published === null ? undefined : parseCertificate(published.ark));
  const intermediate = await issuerAmong(intermediates, leaf.certificate);
  if (intermediate === undefined) throw missing(intermediateName(signer));
  if (ark === undefined || product === null) throw missing("ARK");
  return { leaf: leaf.certificate, intermediate, root: ark, product, signer };
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter(
    ({ der }, index) => certificates.findIndex((other) => equalBytes(der, other.der)) === index,
  );
}

/** Those of a role and kind. None of the kind, but of another: the certificates are of another signer than the report says. */
function ofKind(found: readonly Found[], role: Role["role"], signer: Signer): readonly Found[] {
  const [other, ...others] = found.filter((one) => one.role === role);
  if (other === undefined) return [];
  const wanted = [other, ...others].filter((one) => one.signer === signer);
  if (wanted.length === 0) {
    throw mismatch("EVIDENCE_SIGNING_KEY_MISMATCH", `kind of the ${role}`, signer, `${other.signer}`);
  }
  return wanted;
}

/** The product of the authorities when they agree, which a version 2 report leaves to them. */
function productOf(found: readonly Found[]): Product | null {
  const root = found.find(({ role }) => role === "root") ?? found.find(({ role }) => role === "intermediate");
  return root?.product ?? null;
}

/** Authorities of the product. None of it, but of another: report and certificates do not belong together. */
function certificatesOf(
  found: readonly Found[],
  role: "intermediate" | "root",
  product: Product | null,
  signer: Signer | null,
): Certificate[] {
  const ofRole = signer === null ? found.filter((one) => one.role === role) : ofKind(found, role, signer);
  const wanted = ofRole.filter((one) => one.product === product);
  const [other] = ofRole;
  if (wanted.length === 0 && other !== undefined) {
    throw mismatch("EVIDENCE_PRODUCT_MISMATCH", `product of the ${role}`, `${product}`, `${other.product}`);
  }
  return wanted.map(({ certificate }) => certificate);
}

/** AMD has issued more than one intermediate of the same name: the one whose key signed the leaf, else the first, to be refused later. */
async function issuerAmong(intermediates: readonly Certificate[], leaf: Certificate): Promise<Certificate | undefined> {
  const [first, ...others] = intermediates;
  if (first === undefined || others.length === 0) return first;
  for (const candidate of intermediates) if (await hasSigned(candidate, leaf)) return candidate;
  return first;
}

async function hasSigned(issuer: Certificate, { tbsCertificate, signatureValue }: Certificate): Promise<boolean> {
  try {
    return await isSignedBy(tbsCertificate, signatureValue, issuer, "intermediate");
  } catch (error) {
    if (error instanceof AttestationError) return false;
    throw error;
  }
}

function missing(name: string): AttestationError {
  return mismatch("EVIDENCE_CHAIN_INCOMPLETE", `number of certificates of the ${name}`, "1", "0");
}
