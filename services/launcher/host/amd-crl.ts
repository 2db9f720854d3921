// The revocation list of one product's root, as AMD publishes it: version 2, with the root's key identifier and a number.
import type { Buffer } from "node:buffer";
import type { Product } from "#attestation";
import { authorityKeyIdentifier, extension, type Issuer, nameOf, pss, signed } from "./amd-x509.ts";
import { explicit, integer, sequence, time } from "./der-writer.ts";

/** An intermediate that its root takes back. */
export interface Revocation {
  readonly serialNumber: number;
  readonly since: Date;
}

/** Issues the list that is in force for a year from `thisUpdate`. Its number is that time in seconds: it only grows. DER. */
export const issueCrl = (
  product: Product,
  ark: Issuer,
  revocations: readonly Revocation[],
  thisUpdate: Date,
): Buffer => {
  const nextUpdate = new Date(thisUpdate);
  nextUpdate.setUTCFullYear(nextUpdate.getUTCFullYear() + 1);
  const entries = revocations.map(({ serialNumber, since }) => sequence(integer(serialNumber), time(since)));
  const number = integer(Math.floor(thisUpdate.getTime() / 1000));
  const tbs = sequence(
    integer(1),
    pss,
    nameOf(`ARK-${product}`),
    time(thisUpdate),
    time(nextUpdate),
    // RFC 5280 section 5.1.2.6: an empty list is left out.
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(0, sequence(authorityKeyIdentifier(ark.publicKey), extension("2.5.29.20", number))),
  );
  return signed(tbs, pss, ark.privateKey);
};
