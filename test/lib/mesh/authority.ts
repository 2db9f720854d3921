// A certificate authority for tests: real keys, real chains.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { ClientIdentity, MeshTarget, ServerTls } from "#mesh";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR_MS = 3_600_000;

export interface Authority {
  readonly ca: string;
  /** A certificate for a given key, DER of its SubjectPublicKeyInfo. */
  certify(spki: Uint8Array<ArrayBuffer>, name: string): Promise<string>;
  /** A fresh key with its certificate. */
  issue(name: string): Promise<ClientIdentity>;
}

const keyPem = async (key: webcrypto.CryptoKey): Promise<string> => {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
};

export const createAuthority = async (name: string): Promise<Authority> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}`,
    ...validity,
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  });
  let serial = 1;
  const certify = async (spki: Uint8Array<ArrayBuffer>, subject: string): Promise<string> => {
    serial += 1;
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serial.toString(16).padStart(2, "0"),
      subject: `CN=${subject}`,
      issuer: root.subject,
      ...validity,
      publicKey: new PublicKey(spki),
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension([{ type: "dns", value: subject }]),
      ],
    });
    return `${certificate.toString("pem")}\n`;
  };
  return {
    ca: `${root.toString("pem")}\n`,
    certify,
    issue: async (subject) => {
      const pair = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const spki = new Uint8Array(await webcrypto.subtle.exportKey("spki", pair.publicKey));
      return { key: await keyPem(pair.privateKey), certificate: await certify(spki, subject) };
    },
  };
};

export const SERVER_NAME = "broker.contoso.example";

/** The server side of a name under an authority. */
export const serverTls = async (authority: Authority, name = SERVER_NAME): Promise<ServerTls> => ({
  ...(await authority.issue(name)),
  ca: authority.ca,
});

/** A stranger's target: no certificate, no pin. */
export const targetOf = (port: number, authority: Authority): MeshTarget => ({
  address: `127.0.0.1:${port}`,
  serverName: SERVER_NAME,
  label: "contoso/broker",
  tls: { ca: authority.ca },
});
