import { AttestationError } from "../attestation-error.ts";
import { type Product, productNames } from "../report/product.ts";
import type { Certificate } from "./certificate.ts";

/** The key that signs reports: of one chip (VCEK), or loaded by a cloud provider (VLEK). */
export type Signer = "vcek" | "vlek";

/** What a certificate is in AMD's hierarchy (AMD 57230): ARK, ASK or ASVK, VCEK or VLEK. */
export type Role =
  | { readonly role: "leaf"; readonly signer: Signer; readonly product: null }
  | { readonly role: "intermediate"; readonly signer: Signer; readonly product: Product }
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
 * The role of a certificate, by its exact subject; position, file name and the slot of a table say nothing. Nothing is verified here.
 * Throws EVIDENCE_CERTIFICATE_NAME.
 */
export function roleOf({ subjectAttributes }: Certificate): Role {
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

const authorityNames: Readonly<Record<Signer, string>> = { vcek: "ASK", vlek: "ASVK" };

/** AMD's word for the intermediate of a kind of leaf. */
export function intermediateName(signer: Signer): string {
  return authorityNames[signer];
}

/** AMD's word for a leaf. */
export function leafName(signer: Signer): "VCEK" | "VLEK" {
  return signer === "vcek" ? "VCEK" : "VLEK";
}
