// RFC 5280 section 6.3, as far as AMD uses it: one CRL per product, signed by the ARK, which lists serial numbers of the ASK and the
// ASVK. It says nothing about leaves: they all have the serial number 0 and another issuer, and are superseded by their TCB instead.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { copyOf, equalBytes } from "../encoding/bytes.ts";
import { derContent, derTag } from "../encoding/der.ts";
import type { Certificate } from "./certificate.ts";
import { type CertificateRevocationList, parseCrl } from "./certificate-revocation-list.ts";
import { checkSignatureAlgorithm, isSignedBy } from "./public-key.ts";

/** Whether something that weakens the check of revocation is refused, or accepted for a reason that the verdict then shows. */
export type Tolerance = "refused" | { readonly accepted: string };

/** How revocation is checked, or why it is not. */
export type RevocationPolicy =
  | {
      /** DER; lists of other products are passed over. */
      readonly crls: readonly Uint8Array[];
      /** No CRL of the root is among them. */
      readonly absent: Tolerance;
      /** The newest one is past its nextUpdate. What a stale list revokes stays revoked. */
      readonly stale: Tolerance;
    }
  | { readonly unchecked: string };

/** What was found out about revocation. */
export type RevocationStatus =
  | {
      readonly checked: true;
      /** The list in force, milliseconds since 1970. */
      readonly thisUpdate: number;
      readonly nextUpdate: number;
      /** The reason for which a stale list was accepted; `null` when the list is current. */
      readonly stale: string | null;
    }
  | { readonly checked: false; readonly reason: string };

/**
 * Checks that the pinned root has not revoked the intermediate, at a time in milliseconds since 1970. Throws CRL_MALFORMED,
 * EVIDENCE_CRL_MISSING, EVIDENCE_CRL_ISSUER, EVIDENCE_CRL_SIGNATURE, EVIDENCE_CRL_NOT_YET_VALID, EVIDENCE_CRL_EXPIRED,
 * EVIDENCE_CERTIFICATE_REVOKED, EVIDENCE_CERTIFICATE_ALGORITHM.
 */
export async function checkRevocation(
  intermediate: Certificate,
  root: Certificate,
  policy: RevocationPolicy,
  now: number,
): Promise<RevocationStatus> {
  if ("unchecked" in policy) return { checked: false, reason: policy.unchecked };
  const all = policy.crls.map(parseCrl);
  const own = all.filter(({ issuer }) => equalBytes(issuer, root.subject));
  const newest = own.toSorted((a, b) => b.thisUpdate - a.thisUpdate)[0];
  if (newest === undefined) {
    const reason = tolerated(policy.absent);
    if (reason !== null) return { checked: false, reason };
    if (all.length === 0) throw mismatch("EVIDENCE_CRL_MISSING", "number of CRLs of the ARK", "1", "0");
    throw new AttestationError("EVIDENCE_CRL_ISSUER", "no CRL has the subject of the ARK as its issuer", {
      field: "issuer of the CRL",
    });
  }
  for (const crl of own) await checkCrl(crl, root, now);
  for (const crl of own) checkListed(crl, intermediate);
  // Written so that a clock that is not a number is not taken for a time in the period.
  const isCurrent = now <= newest.nextUpdate;
  const stale = isCurrent ? null : tolerated(policy.stale);
  if (!isCurrent && stale === null) {
    throw mismatch("EVIDENCE_CRL_EXPIRED", "time of verification", `at most ${time(newest.nextUpdate)}`, time(now));
  }
  return { checked: true, thisUpdate: newest.thisUpdate, nextUpdate: newest.nextUpdate, stale };
}

async function checkCrl(crl: CertificateRevocationList, root: Certificate, now: number): Promise<void> {
  checkSignatureAlgorithm(crl, "CRL");
  if (!maySignCrls(root) || !(await isSignedBy(crl.tbsCertList, crl.signatureValue, root, "ARK"))) {
    throw new AttestationError("EVIDENCE_CRL_SIGNATURE", "the CRL's signature is not of the ARK's key", {
      field: "signature of the CRL",
    });
  }
  if (!(now >= crl.thisUpdate)) {
    throw mismatch("EVIDENCE_CRL_NOT_YET_VALID", "time of verification", `at least ${time(crl.thisUpdate)}`, time(now));
  }
}

/** RFC 5280 section 4.2.1.3: bit 6 of keyUsage is cRLSign. */
function maySignCrls({ extensions }: Certificate): boolean {
  const keyUsage = extensions.get("2.5.29.15");
  return keyUsage !== undefined && ((derContent(keyUsage.value, derTag.bitString)[1] ?? 0) & 0x02) !== 0;
}

function checkListed({ revoked }: CertificateRevocationList, { serialNumber, subjectAttributes }: Certificate): void {
  const since = revoked.get(serialNumber);
  if (since === undefined) return;
  const name = subjectAttributes.at(-1)?.value ?? "the intermediate";
  throw new AttestationError(
    "EVIDENCE_CERTIFICATE_REVOKED",
    `${name} with the serial number ${serialNumber} is revoked since ${time(since)}`,
    { field: `serial number of ${name}`, expected: "not in the CRL", seen: serialNumber },
  );
}

/** The reason of a tolerance, `null` when there is none. */
function tolerated(tolerance: Tolerance): string | null {
  return tolerance === "refused" ? null : tolerance.accepted;
}

/** A policy with further CRLs, in memory of its own, and whole also where types do not reach. Throws REFERENCE_VALUES_INCOMPLETE. */
export function ownPolicy(policy: RevocationPolicy, further: readonly Uint8Array[]): RevocationPolicy {
  // Callers without types may leave anything out.
  const { crls, absent, stale, unchecked } = (policy ?? {}) as Readonly<Record<string, unknown>>;
  const isReason = (value: unknown) => typeof value === "string" && value !== "";
  const isTolerance = (value: unknown) =>
    value === "refused" || (typeof value === "object" && value !== null && isReason(Reflect.get(value, "accepted")));
  const isLists = Array.isArray(crls) && crls.every((crl) => crl instanceof Uint8Array);
  if (unchecked === undefined ? !(isLists && isTolerance(absent) && isTolerance(stale)) : !isReason(unchecked)) {
    throw new AttestationError("REFERENCE_VALUES_INCOMPLETE", "revocation is unset or not of its form", {
      field: "revocation",
    });
  }
  return "unchecked" in policy ? { ...policy } : { ...policy, crls: [...policy.crls, ...further].map(copyOf) };
}

function time(milliseconds: number): string {
  return Number.isNaN(milliseconds) ? "no time" : new Date(milliseconds).toISOString();
}
