import { generateKeyPair, X509Certificate } from "node:crypto";
import { promisify } from "node:util";
import { isLifecycleMessage, tellLauncher, type LaunchedProcess, type LifecycleMessage } from "./lifecycle.ts";
import { spkiSha256 } from "./spki.ts";

/** The TLS identity of this process: fits a server's `tls`, and a target's `identity`. */
export interface Identity {
  /** The private key, PEM. Made in this process; leaves it never. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
  /** The CA that the certificate chains to, PEM. */
  readonly ca: string;
  /** SHA-256 of the key's SubjectPublicKeyInfo, what claims documents bind: 32 bytes. */
  readonly spkiSha256: Uint8Array;
}

/** Why a process has no identity. */
export type IdentityCode =
  /** No launcher is there to ask. */
  | "NOT_LAUNCHED"
  /** The launcher did not answer in time. */
  | "LAUNCHER_SILENT"
  /** The certificate is for another key, or not from the CA that came with it. */
  | "CERTIFICATE_MISMATCH";

/** A process that cannot have an identity. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";
  readonly code: IdentityCode;
  readonly data: Readonly<Record<string, unknown>> = {};

  constructor(code: IdentityCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const ANSWER_WITHIN_MS = 30_000;

type Certified = Extract<LifecycleMessage, { type: "certified" }>;

const certify = (spki: string, launched: LaunchedProcess): Promise<Certified> =>
  new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      clearTimeout(late);
      launched.off("message", onMessage);
      settle();
    };
    const onMessage = (message: unknown): void => {
      if (isLifecycleMessage(message, "certified")) done(() => resolve(message));
    };
    const late = setTimeout(
      () =>
        done(() =>
          reject(
            new IdentityError("LAUNCHER_SILENT", `no certificate from the launcher within ${ANSWER_WITHIN_MS} ms`),
          ),
        ),
      ANSWER_WITHIN_MS,
    );
    launched.on("message", onMessage);
    tellLauncher({ type: "certify", spki }, launched);
  });

/**
 * Makes a fresh EC P-256 key pair and has the launcher certify its public half.
 *
 * @throws {IdentityError}
 */
export const createIdentity = async (launched: LaunchedProcess = process): Promise<Identity> => {
  if (!launched.connected) throw new IdentityError("NOT_LAUNCHED", "no launcher to ask for a certificate");
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ format: "der", type: "spki" });
  const { certificate, ca } = await certify(spki.toString("base64"), launched);
  const leaf = new X509Certificate(certificate);
  if (!leaf.checkPrivateKey(privateKey))
    throw new IdentityError("CERTIFICATE_MISMATCH", "the certificate is for another key");
  if (!leaf.verify(new X509Certificate(ca).publicKey))
    throw new IdentityError("CERTIFICATE_MISMATCH", "the certificate is not from the CA that came with it");
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    certificate,
    ca,
    spkiSha256: spkiSha256(publicKey),
  };
};
