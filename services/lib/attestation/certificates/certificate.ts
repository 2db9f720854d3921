import { AttestationError } from "../attestation-error.ts";
import { type Bytes, copyOf, sha256, toHex } from "../encoding/bytes.ts";
import {
  derContent,
  type DerElement,
  derElements,
  derFields,
  derOid,
  derTag,
  derTime,
  derUnsigned,
  malformed,
} from "../encoding/der.ts";

/** Certificates of SEV-SNP are less than 2 KiB; what is larger is not worth parsing. */
const MAX_CERTIFICATE_SIZE = 8192;

/** One extension: its criticality and the content of extnValue. */
export interface CertificateExtension {
  readonly critical: boolean;
  readonly value: Uint8Array<ArrayBuffer>;
}

/** One attribute of a distinguished name. */
export interface NameAttribute {
  /** Dotted object identifier, `2.5.4.3` is the common name. */
  readonly type: string;
  readonly value: string;
}

/** The fields of an X.509 v3 certificate (RFC 5280 section 4.1), parsed and not judged: nothing here is verified. */
export interface Certificate {
  /** The whole certificate as received. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The signed part as received. */
  readonly tbsCertificate: Uint8Array<ArrayBuffer>;
  /** signatureAlgorithm, DER; the parser has seen that tbsCertificate.signature has the same bytes. */
  readonly signatureAlgorithm: Uint8Array<ArrayBuffer>;
  readonly signatureValue: Uint8Array<ArrayBuffer>;
  /** Hexadecimal digits; AMD gives every leaf the serial number 0, so this identifies nothing. */
  readonly serialNumber: string;
  /** Issuer name, DER, to be compared byte for byte with the issuer's `subject`. */
  readonly issuer: Uint8Array<ArrayBuffer>;
  readonly subject: Uint8Array<ArrayBuffer>;
  readonly subjectAttributes: readonly NameAttribute[];
  /** Milliseconds since 1970; both ends belong to the period. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly subjectPublicKeyInfo: Uint8Array<ArrayBuffer>;
  /** By dotted object identifier. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

/**
 * Parses one DER certificate, strictly: X.509 v3, no bytes behind it, no duplicate extension.
 * Throws CERTIFICATE_MALFORMED with the offset.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CERTIFICATE_SIZE) {
    throw new AttestationError(
      "CERTIFICATE_MALFORMED",
      `certificate is ${der.length} bytes, want at most ${MAX_CERTIFICATE_SIZE}`,
    );
  }
  const { sequence, integer, context0, context3 } = derTag;
  const bytes = copyOf(der);
  const [tbs, algorithm, signature] = derFields(derContent(bytes, sequence), [sequence, sequence, derTag.bitString]);
  const [version, serial, innerAlgorithm, issuer, validity, subject, spki, extensions] = derFields(tbs.content, [
    context0,
    integer,
    sequence,
    sequence,
    sequence,
    sequence,
    sequence,
    context3,
  ]);
  if (toHex(derContent(version.content, integer)) !== "02") throw malformed(version.encoded, "not X.509 version 3");
  if (toHex(innerAlgorithm.encoded) !== toHex(algorithm.encoded)) {
    throw malformed(algorithm.encoded, "signature algorithm differs from the signed one");
  }
  const [notBefore, notAfter, ...more] = derElements(validity.content);
  if (notBefore === undefined || notAfter === undefined || more.length > 0)
    throw malformed(validity.encoded, "not a period");
  return {
    der: bytes,
    tbsCertificate: tbs.encoded,
    signatureAlgorithm: algorithm.encoded,
    signatureValue: wholeBytes(signature),
    serialNumber: toHex(derUnsigned(serial.content)),
    issuer: issuer.encoded,
    subject: subject.encoded,
    subjectAttributes: derElements(subject.content).map(parseAttribute),
    notBefore: derTime(notBefore),
    notAfter: derTime(notAfter),
    subjectPublicKeyInfo: spki.encoded,
    extensions: parseExtensions(extensions.content),
  };
}

/** SHA-256 of a certificate's SubjectPublicKeyInfo: what a root is pinned by. Throws CERTIFICATE_MALFORMED. */
export function spkiSha256(der: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return sha256(parseCertificate(der).subjectPublicKeyInfo);
}

/** The content of a BIT STRING that ends with a byte. Throws CERTIFICATE_MALFORMED. */
export function wholeBytes({ content }: DerElement): Bytes {
  if (content[0] !== 0) throw malformed(content, "bit string of broken bytes");
  return content.subarray(1);
}

const attributeText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parseAttribute(relative: DerElement): NameAttribute {
  if (relative.tag !== derTag.set) throw malformed(relative.encoded, "not a relative name");
  const [type, value, ...more] = derElements(derContent(relative.content, derTag.sequence));
  if (type?.tag !== derTag.oid || value === undefined || more.length > 0)
    throw malformed(relative.encoded, "not an attribute");
  if (value.tag !== derTag.utf8String && value.tag !== derTag.printableString)
    throw malformed(value.encoded, "not a text");
  try {
    return { type: derOid(type.content), value: attributeText.decode(value.content) };
  } catch (error) {
    if (error instanceof AttestationError) throw error;
    throw malformed(value.content, "not UTF-8");
  }
}

/** Extensions by dotted object identifier, from their SEQUENCE. Throws CERTIFICATE_MALFORMED. */
export function parseExtensions(content: Bytes): ReadonlyMap<string, CertificateExtension> {
  const extensions = new Map<string, CertificateExtension>();
  for (const element of derElements(derContent(content, derTag.sequence))) {
    if (element.tag !== derTag.sequence) throw malformed(element.encoded, "not an extension");
    const [oid, ...rest] = derElements(element.content);
    const value = rest.pop();
    const [flag, ...more] = rest;
    if (oid?.tag !== derTag.oid || value?.tag !== derTag.octetString || more.length > 0) {
      throw malformed(element.encoded, "not an extension");
    }
    // FALSE is the default, and DER leaves defaults out.
    if (flag !== undefined && toHex(flag.encoded) !== "0101ff")
      throw malformed(flag.encoded, "criticality is not TRUE");
    const name = derOid(oid.content);
    if (extensions.has(name)) throw malformed(element.encoded, `second extension ${name}`);
    extensions.set(name, { critical: flag !== undefined, value: value.content });
  }
  return extensions;
}
