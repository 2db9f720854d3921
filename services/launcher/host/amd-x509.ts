// What AMD's certificates and CRLs are made of: names, extensions and signatures in AMD's own order and string types, so that a verifier
// meets the real encodings and not convenient ones.
import { Buffer } from "node:buffer";
import { constants, createHash, type KeyObject, sign } from "node:crypto";
import {
  bitString,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  trueValue,
  utf8String,
} from "./der-writer.ts";

/** A key pair that signs certificates; both halves RSA-4096. */
export interface Issuer {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const SHA_384 = sequence(oid("2.16.840.1.101.3.4.2.2"), Buffer.from([0x05, 0x00]));
const pssParameters = [
  explicit(0, SHA_384),
  explicit(1, sequence(oid("1.2.840.113549.1.1.8"), SHA_384)),
  explicit(2, integer(48)),
];
const RSASSA_PSS = oid("1.2.840.113549.1.1.10");
/** RSASSA-PSS, SHA-384, salt 48, as today's leaves and CRLs have it. */
export const pss: Buffer = sequence(RSASSA_PSS, sequence(...pssParameters));
/** The same in AMD's CA certificates, which spell the default of trailerField out. Verifiers meet both. */
export const pssOfCa: Buffer = sequence(RSASSA_PSS, sequence(...pssParameters, explicit(3, integer(1))));

const attribute = (type: string, value: Uint8Array): Buffer => set(sequence(oid(type), value));

/** A name of AMD's. */
export const nameOf = (commonName: string): Buffer =>
  sequence(
    attribute("2.5.4.11", utf8String("Engineering")),
    attribute("2.5.4.6", printableString("US")),
    attribute("2.5.4.7", utf8String("Santa Clara")),
    attribute("2.5.4.8", utf8String("CA")),
    attribute("2.5.4.10", utf8String("Advanced Micro Devices")),
    attribute("2.5.4.3", utf8String(commonName)),
  );

/** A key's SubjectPublicKeyInfo, DER. */
export const spkiOf = (key: KeyObject): Buffer => key.export({ format: "der", type: "spki" });

/** Where the key bits of an RSA-4096 SubjectPublicKeyInfo begin. */
const RSA_4096_BITS = 24;
/** RFC 5280 section 4.2.1.2, method 1. */
const keyIdentifier = (key: KeyObject): Buffer =>
  createHash("sha1").update(spkiOf(key).subarray(RSA_4096_BITS)).digest();

export const extension = (type: string, value: Uint8Array): Buffer => sequence(oid(type), octetString(value));
export const critical = (type: string, value: Uint8Array): Buffer => sequence(oid(type), trueValue, octetString(value));
export const subjectKeyIdentifier = (key: KeyObject): Buffer => extension("2.5.29.14", octetString(keyIdentifier(key)));
export const authorityKeyIdentifier = (key: KeyObject): Buffer =>
  extension("2.5.29.35", sequence(implicit(0, keyIdentifier(key))));

/** Signs the to-be-signed part of a certificate or CRL, and puts the three parts together. */
export const signed = (toBeSigned: Buffer, algorithm: Buffer, key: KeyObject): Buffer => {
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
  return sequence(toBeSigned, algorithm, bitString(sign("sha384", toBeSigned, { key, ...padding })));
};
