// Certificates as AMD's key distribution service issues them for Milan (AMD 57230), in the same order and with the same string types,
// so that a verifier meets the real encodings and not convenient ones. Only the keys differ.
import { Buffer } from "node:buffer";
import { constants, createHash, type KeyObject, sign } from "node:crypto";
import {
  bitString,
  explicit,
  ia5String,
  implicit,
  integer,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  time,
  trueValue,
  utf8String,
} from "./der-writer.ts";
import { simulatedTcb } from "./simulated-chip.ts";

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
/** AMD's CA certificates spell the default of trailerField out; leaves of today do not. Verifiers meet both. */
const pssOfCa = sequence(RSASSA_PSS, sequence(...pssParameters, explicit(3, integer(1))));
const pssOfLeaf = sequence(RSASSA_PSS, sequence(...pssParameters));

const attribute = (type: string, value: Uint8Array): Buffer => set(sequence(oid(type), value));

const nameOf = (commonName: string): Buffer =>
  sequence(
    attribute("2.5.4.11", utf8String("Engineering")),
    attribute("2.5.4.6", printableString("US")),
    attribute("2.5.4.7", utf8String("Santa Clara")),
    attribute("2.5.4.8", utf8String("CA")),
    attribute("2.5.4.10", utf8String("Advanced Micro Devices")),
    attribute("2.5.4.3", utf8String(commonName)),
  );

const spkiOf = (key: KeyObject): Buffer => key.export({ format: "der", type: "spki" });

/** Where the key bits of an RSA-4096 SubjectPublicKeyInfo begin. */
const RSA_4096_BITS = 24;
/** RFC 5280 section 4.2.1.2, method 1. */
const keyIdentifier = (key: KeyObject): Buffer =>
  createHash("sha1").update(spkiOf(key).subarray(RSA_4096_BITS)).digest();

const extension = (type: string, value: Uint8Array): Buffer => sequence(oid(type), octetString(value));
const critical = (type: string, value: Uint8Array): Buffer => sequence(oid(type), trueValue, octetString(value));
const subjectKeyIdentifier = (key: KeyObject): Buffer => extension("2.5.29.14", octetString(keyIdentifier(key)));
const authorityKeyIdentifier = (key: KeyObject): Buffer =>
  extension("2.5.29.35", sequence(implicit(0, keyIdentifier(key))));
const CERT_SIGN_AND_CRL_SIGN = critical("2.5.29.15", bitString(Buffer.from([0x06]), 1));
// DER would count two unused bits here; AMD's ASK counts one.
const CERT_SIGN = critical("2.5.29.15", bitString(Buffer.from([0x04]), 1));
const ANY_CA = critical("2.5.29.19", sequence(trueValue));
const LAST_CA = critical("2.5.29.19", sequence(trueValue, integer(0)));
const CRL_URL = "https://kdsintf.amd.com/vcek/v1/Milan/crl";
const CRL_POINT = extension(
  "2.5.29.31",
  sequence(sequence(explicit(0, explicit(0, implicit(6, Buffer.from(CRL_URL)))))),
);

interface Content {
  readonly serialNumber: number;
  readonly signatureAlgorithm: Buffer;
  readonly issuer: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly years: number;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

const certificate = (content: Content, signer: KeyObject): Buffer => {
  const notAfter = new Date(content.notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + content.years);
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(content.serialNumber),
    content.signatureAlgorithm,
    nameOf(content.issuer),
    sequence(time(content.notBefore), time(notAfter)),
    nameOf(content.subject),
    spkiOf(content.publicKey),
    explicit(3, sequence(...content.extensions)),
  );
  const signature = sign("sha384", tbs, { key: signer, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 });
  return sequence(tbs, content.signatureAlgorithm, bitString(signature));
};

/** Issues the root to itself: ARK-Milan, 25 years. DER. */
export const issueArk = (ark: Issuer, notBefore: Date): Buffer =>
  certificate(
    {
      serialNumber: 0x010000,
      signatureAlgorithm: pssOfCa,
      issuer: "ARK-Milan",
      subject: "ARK-Milan",
      notBefore,
      years: 25,
      publicKey: ark.publicKey,
      extensions: [CERT_SIGN_AND_CRL_SIGN, subjectKeyIdentifier(ark.publicKey), ANY_CA, CRL_POINT],
    },
    ark.privateKey,
  );

/** Issues the intermediate: SEV-Milan, 25 years. DER. */
export const issueAsk = (ask: KeyObject, ark: Issuer, notBefore: Date): Buffer =>
  certificate(
    {
      serialNumber: 0x010001,
      signatureAlgorithm: pssOfCa,
      issuer: "ARK-Milan",
      subject: "SEV-Milan",
      notBefore,
      years: 25,
      publicKey: ask,
      extensions: [subjectKeyIdentifier(ask), authorityKeyIdentifier(ark.publicKey), LAST_CA, CERT_SIGN, CRL_POINT],
    },
    ark.privateKey,
  );

const AMD = "1.3.6.1.4.1.3704.1";
const { bootLoader, tee, snp, microcode } = simulatedTcb;
/** Security version numbers by arc, in the order in which AMD writes them; 4 to 7 are reserved. */
const splOrder = [
  [1, bootLoader],
  [2, tee],
  [4, 0],
  [5, 0],
  [6, 0],
  [7, 0],
  [3, snp],
  [8, microcode],
] as const;

/** Issues the leaf for one chip and TCB: SEV-VCEK, 7 years. The hwID stands raw in its extension, as AMD writes it. DER. */
export const issueVcek = (vcek: KeyObject, ask: Issuer, chipId: Uint8Array, notBefore: Date): Buffer =>
  certificate(
    {
      serialNumber: 0,
      signatureAlgorithm: pssOfLeaf,
      issuer: "SEV-Milan",
      subject: "SEV-VCEK",
      notBefore,
      years: 7,
      publicKey: vcek,
      extensions: [
        extension(`${AMD}.1`, integer(0)),
        extension(`${AMD}.2`, ia5String("Milan-B0")),
        ...splOrder.map(([arc, value]) => extension(`${AMD}.3.${arc}`, integer(value))),
        extension(`${AMD}.4`, chipId),
      ],
    },
    ask.privateKey,
  );
