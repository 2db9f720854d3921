// Evidence of the attacker's own making: real reports and certificates with other keys in them, correct in every field that can be
// correct without AMD's keys or the chip's.
import { constants, generateKeyPair, sign, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { parseCertificate, reportDataOf, type Evidence } from "#attestation";

// ATTESTATION_REPORT, AMD 56860: REPORT_DATA at 0x50; signed up to 0x2a0; r and s little-endian in 72 bytes each.
const REPORT_DATA = 0x50;
const SIGNATURE_R = 0x2a0;
const SIGNATURE_S = SIGNATURE_R + 72;
const P384_BYTES = 48;

const generate = promisify(generateKeyPair);

/** The public parts of real evidence. */
export type GenuineReport = Pick<Evidence, "report" | "certificates" | "crls">;

const withReportData = async (report: Uint8Array, claims: Uint8Array): Promise<Uint8Array> => {
  const forged = report.slice();
  forged.set(await reportDataOf(claims), REPORT_DATA);
  return forged;
};

const signReport = (report: Uint8Array, privateKey: KeyObject): Uint8Array => {
  const signed = report.slice();
  const signature = sign("sha384", signed.subarray(0, SIGNATURE_R), { key: privateKey, dsaEncoding: "ieee-p1363" });
  signed.set(signature.subarray(0, P384_BYTES).toReversed(), SIGNATURE_R);
  signed.set(signature.subarray(P384_BYTES).toReversed(), SIGNATURE_S);
  return signed;
};

/** The genuine report over other claims: everything in it is kept, also the signature, which was made over something else. */
export const withOtherClaims = async (genuine: GenuineReport, claims: Uint8Array): Promise<Evidence> => ({
  ...genuine,
  report: await withReportData(genuine.report, claims),
  runtimeClaims: claims,
});

/** The genuine report over other claims, signed with a P-384 key of the attacker's; the certificates are the genuine ones. */
export const signedByStranger = async (genuine: GenuineReport, claims: Uint8Array): Promise<Evidence> => {
  const { privateKey } = await generate("ec", { namedCurve: "P-384" });
  const report = signReport(await withReportData(genuine.report, claims), privateKey);
  return { ...genuine, report, runtimeClaims: claims };
};

/** One DER element: identifier, length, content. */
const der = (tag: number, ...content: readonly Uint8Array[]): Uint8Array => {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const octets = Buffer.from(length.toString(16).padStart(length > 0xffff ? 6 : 4, "0"), "hex");
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x80 + octets.length, ...octets];
  return Buffer.concat([Uint8Array.of(tag, ...head), ...content]);
};

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;

/** The content of a DER element. */
const contentOf = (element: Uint8Array): Uint8Array => {
  const first = element[1] ?? 0;
  return element.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
};

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };

/** The same certificate for another public key, signed with another issuer's key (RSASSA-PSS, SHA-384, salt 48). */
const reissue = (certificate: Uint8Array, publicKey: KeyObject, issuerKey: KeyObject): Uint8Array => {
  const { tbsCertificate, signatureAlgorithm, subjectPublicKeyInfo } = parseCertificate(certificate);
  const content = Buffer.from(contentOf(tbsCertificate));
  const at = content.indexOf(subjectPublicKeyInfo);
  const tbs = der(
    SEQUENCE,
    content.subarray(0, at),
    publicKey.export({ format: "der", type: "spki" }),
    content.subarray(at + subjectPublicKeyInfo.length),
  );
  const signature = sign("sha384", tbs, { key: issuerKey, ...PSS });
  return der(SEQUENCE, tbs, signatureAlgorithm, der(BIT_STRING, Uint8Array.of(0), signature));
};

/** The attacker's own certificate authority. */
export interface OwnAuthority {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Makes an authority: RSA-4096 as AMD's, which takes seconds of another thread. */
export const createOwnAuthority = (): Promise<OwnAuthority> => generate("rsa", { modulusLength: 4096 });

/**
 * Evidence under a root of the attacker's own: ARK, ASK and VCEK with the names, extensions and periods of the genuine ones, and keys of
 * the attacker's. The chain holds and the report's signature holds; only the root is not the pinned one. One key serves as ARK and ASK:
 * a second would change nothing.
 *
 * @param genuine certificates in the order VCEK, ASK, ARK
 */
export const underOwnRoot = async (
  genuine: GenuineReport,
  claims: Uint8Array,
  authority: OwnAuthority,
): Promise<Evidence> => {
  const chip = await generate("ec", { namedCurve: "P-384" });
  const certificates = genuine.certificates.map((certificate, index) =>
    reissue(certificate, index === 0 ? chip.publicKey : authority.publicKey, authority.privateKey),
  );
  const report = signReport(await withReportData(genuine.report, claims), chip.privateKey);
  return { report, certificates, runtimeClaims: claims };
};
