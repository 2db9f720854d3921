import { AttestationError } from "../attestation-error.ts";
import { type Bytes, copyOf, toHex } from "../encoding/bytes.ts";
import {
  derContent,
  type DerElement,
  derElements,
  derFields,
  derTag,
  derTime,
  derUnsigned,
  malformed,
} from "../encoding/der.ts";
import { parseExtensions, wholeBytes } from "./certificate.ts";

/** AMD's CRLs are below 1 KiB; a list that has more than this is not worth parsing. */
const MAX_CRL_SIZE = 65_535;

/** The fields of an X.509 v2 CRL (RFC 5280 section 5.1), parsed and not judged: nothing here is verified. */
export interface CertificateRevocationList {
  /** The whole list as received. */
  readonly der: Bytes;
  /** The signed part as received. */
  readonly tbsCertList: Bytes;
  /** signatureAlgorithm, DER; the parser has seen that tbsCertList.signature has the same bytes. */
  readonly signatureAlgorithm: Bytes;
  readonly signatureValue: Bytes;
  /** Issuer name, DER, to be compared byte for byte with the issuer's `subject`. */
  readonly issuer: Bytes;
  /** Milliseconds since 1970; both ends belong to the period in which the list is current. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** Revocation date in milliseconds since 1970, by serial number in hexadecimal digits as `Certificate.serialNumber` has it. */
  readonly revoked: ReadonlyMap<string, number>;
}

/** What a CRL of AMD's carries beside its entries: the key of its issuer and its number. */
const knownExtensions = new Set(["2.5.29.35", "2.5.29.20"]);
/** Why and since when: of an entry, and of no weight here. */
const knownEntryExtensions = new Set(["2.5.29.21", "2.5.29.24"]);

/**
 * Parses one DER CRL, strictly: version 2, with nextUpdate, no bytes behind it, no serial number twice, no extension that would change
 * what it covers (delta or indirect lists). Throws CRL_MALFORMED with the offset.
 */
export function parseCrl(der: Uint8Array): CertificateRevocationList {
  try {
    if (der.length > MAX_CRL_SIZE) throw malformed(der, `${der.length} bytes, more than ${MAX_CRL_SIZE},`);
    return parse(copyOf(der));
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    throw new AttestationError("CRL_MALFORMED", `not a CRL: ${error.message}`, error.data);
  }
}

function parse(bytes: Bytes): CertificateRevocationList {
  const { sequence, integer, context0 } = derTag;
  const [tbs, algorithm, signature] = derFields(derContent(bytes, sequence), [sequence, sequence, derTag.bitString]);
  const [version, innerAlgorithm, issuer, thisUpdate, nextUpdate, ...rest] = derElements(tbs.content);
  if (version?.tag !== integer || toHex(version.content) !== "01") throw malformed(tbs.content, "not version 2");
  if (innerAlgorithm === undefined || toHex(innerAlgorithm.encoded) !== toHex(algorithm.encoded)) {
    throw malformed(algorithm.encoded, "signature algorithm differs from the signed one");
  }
  if (issuer?.tag !== sequence || thisUpdate === undefined || nextUpdate === undefined) {
    throw malformed(tbs.content, "issuer, thisUpdate or nextUpdate is missing");
  }
  // revokedCertificates is left out when empty; the extensions are not.
  const entries = rest[0]?.tag === sequence ? rest[0] : null;
  const [extensions, ...more] = entries === null ? rest : rest.slice(1);
  if (extensions?.tag !== context0 || more.length > 0) throw malformed(tbs.content, "not the extensions of a CRL");
  checkExtensions(extensions.content, knownExtensions);
  return {
    der: bytes,
    tbsCertList: tbs.encoded,
    signatureAlgorithm: algorithm.encoded,
    signatureValue: wholeBytes(signature),
    issuer: issuer.encoded,
    thisUpdate: derTime(thisUpdate),
    nextUpdate: derTime(nextUpdate),
    revoked: entries === null ? new Map() : revokedSerials(entries),
  };
}

function revokedSerials({ encoded, content }: DerElement): ReadonlyMap<string, number> {
  const revoked = new Map<string, number>();
  for (const entry of derElements(content)) {
    if (entry.tag !== derTag.sequence) throw malformed(entry.encoded, "not an entry");
    const [serial, date, extensions, ...more] = derElements(entry.content);
    if (serial?.tag !== derTag.integer || date === undefined || more.length > 0) {
      throw malformed(entry.encoded, "not a serial number and a date");
    }
    if (extensions !== undefined) checkExtensions(extensions.encoded, knownEntryExtensions);
    const number = toHex(derUnsigned(serial.content));
    if (revoked.has(number)) throw malformed(entry.encoded, `second entry for ${number}`);
    revoked.set(number, derTime(date));
  }
  // RFC 5280 section 5.1.2.6: an empty list is absent.
  if (revoked.size === 0) throw malformed(encoded, "empty list of entries");
  return revoked;
}

function checkExtensions(content: Bytes, known: ReadonlySet<string>): void {
  for (const [oid, { critical }] of parseExtensions(content)) {
    if (critical || !known.has(oid)) throw malformed(content, `extension ${oid}, whose effect is not known,`);
  }
}
