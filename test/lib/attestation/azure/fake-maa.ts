// An attestation service for tests: real keys, real signatures, and certificates like Microsoft's, which carry another one as PEM text.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { Extension, X509CertificateGenerator } from "@peculiar/x509";
import type { MaaVerifyOptions } from "#attestation";

const { subtle } = webcrypto;
const algorithm = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
} as const;

export type Json = Readonly<Record<string, unknown>>;

export const issuer = "https://sharedfake.fake.attest.azure.net";
export const issuedAt = 1_780_000_000;
export const now = new Date((issuedAt + 60) * 1000);

const keyPair = () => subtle.generateKey(algorithm, true, ["sign", "verify"]);
export const keys = await keyPair();
export const otherKeys = await keyPair();

/** A self-signed certificate, DER; `inside` is put into the extension where Microsoft's have an SGX quote with PEM text. */
export const certify = async (pair: webcrypto.CryptoKeyPair, inside: string): Promise<Buffer> => {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${issuer}`,
    notBefore: new Date("2019-05-01T00:00:00Z"),
    notAfter: new Date("2049-12-31T00:00:00Z"),
    keys: pair,
    signingAlgorithm: algorithm,
    extensions: [new Extension("1.3.6.1.4.1.311.105.1", false, Buffer.from(inside))],
  });
  return Buffer.from(certificate.rawData);
};

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
export const certificate = await certify(keys, `quote\n${pem(await certify(otherKeys, ""))}`.padEnd(20_000, "."));

/** As the service's are: standard base64 with its padding. */
export const kid = Buffer.alloc(32, 0xfb).toString("base64");

const text = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

/** A set in the shape of the service's: kid, kty and x5c. */
export const entry: Json = { x5c: [certificate.toString("base64")], kid, kty: "RSA" };
export const keySet = (...entries: readonly Json[]): Uint8Array => text({ keys: entries });

/** The claims that every token has, and those given. */
export const timely = (claims: Json = {}): Json => ({
  iss: issuer,
  iat: issuedAt,
  nbf: issuedAt,
  exp: issuedAt + 28_800,
  ...claims,
});

const header: Json = { alg: "RS256", jku: `${issuer}/certs`, kid, typ: "JWT" };

/** What differs from a good token. A text is taken as it is, in place of the JSON. */
export interface Parts {
  readonly header?: Json | string;
  readonly claims?: Json | string;
  readonly signedBy?: webcrypto.CryptoKeyPair;
}

/** A token that is signed for real; its header is the good one with other members. */
export const tokenOf = async ({
  header: members = {},
  claims = timely(),
  signedBy = keys,
}: Parts = {}): Promise<string> => {
  const head = typeof members === "string" ? members : { ...header, ...members };
  const signed = `${text(head).toString("base64url")}.${text(claims).toString("base64url")}`;
  const signature = await subtle.sign(algorithm.name, signedBy.privateKey, Buffer.from(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
};

export const options: MaaVerifyOptions = {
  authorities: [{ issuer, keys: keySet(entry) }],
  now,
  clockSkewSeconds: 30,
  maximumAgeSeconds: 600,
};
