// The local certificate authority: TLS names for processes that run on one machine.
//
// It vouches for names only. What runs behind a name is proved by attestation, which binds the TLS key itself; so a
// certificate from here is never a reason to trust anything with a secret.
import "reflect-metadata";
import { createHash, createPrivateKey, createPublicKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const LEAF_DAYS = 30;

/** Issues TLS certificates for the services of one state folder. */
export interface CertificateAuthority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  /** SHA-256 of the DER of that certificate: 32 bytes. */
  readonly sha256: Uint8Array;
  /**
   * Issues a certificate for a public key.
   *
   * @param spki SubjectPublicKeyInfo, DER
   * @param names DNS names; `localhost` and the loopback addresses are always added
   * @returns PEM
   */
  issue(spki: Uint8Array<ArrayBuffer>, names: readonly string[]): Promise<string>;
}

const serialNumber = (): string => `00${randomBytes(15).toString("hex")}`;

const create = async (folder: string): Promise<void> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=sealmesh local CA",
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const pem = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "ca.key.pem"), pem, { mode: 0o600 });
  writeFileSync(join(folder, "ca.pem"), `${certificate.toString("pem")}\n`);
};

/**
 * Opens the authority kept in a folder; makes it when the folder has none.
 *
 * @param folder the launcher's own; its key file is readable by its user only
 */
export const openCertificateAuthority = async (folder: string): Promise<CertificateAuthority> => {
  if (!existsSync(join(folder, "ca.pem"))) await create(folder);
  const pem = readFileSync(join(folder, "ca.pem"), "utf8");
  const issuer = new X509Certificate(pem);
  const key = createPrivateKey(readFileSync(join(folder, "ca.key.pem")));
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    new Uint8Array(key.export({ format: "der", type: "pkcs8" })),
    algorithm,
    false,
    ["sign"],
  );
  return {
    certificate: pem,
    sha256: createHash("sha256").update(issuer.raw).digest(),
    async issue(spki, names) {
      createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" }); // throws on bytes that are no key
      const now = Date.now();
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${names[0] ?? "localhost"}`,
        issuer: "CN=sealmesh local CA",
        notBefore: new Date(now - DAY_MS),
        notAfter: new Date(now + LEAF_DAYS * DAY_MS),
        publicKey: new PublicKey(spki),
        signingKey,
        signingAlgorithm: algorithm,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          new SubjectAlternativeNameExtension([
            ...[...names, "localhost"].map((value) => ({ type: "dns" as const, value })),
            { type: "ip", value: "127.0.0.1" },
            { type: "ip", value: "::1" },
          ]),
        ],
      });
      return `${certificate.toString("pem")}\n`;
    },
  };
};
