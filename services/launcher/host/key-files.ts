// Private keys and certificates in the host's folder: each key in a PEM file of its own that is for its user alone.
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Issuer } from "./amd-x509.ts";
import { HostError } from "./host-error.ts";

/** An issuer with its own certificate. */
export interface Authority extends Issuer {
  /** DER. */
  readonly certificate: Uint8Array;
}

/** The error for a folder whose keys cannot be used. */
export const unusable = (folder: string, why: string, cause?: unknown): HostError =>
  new HostError("PKI_UNUSABLE", `simulated keys in ${folder} cannot be used: ${why}`, { folder }, { cause });

/** Writes `<name>.key.pem`. */
export const writeKey = (folder: string, name: string, key: KeyObject): Promise<void> =>
  writeFile(join(folder, `${name}.key.pem`), key.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });

/** Reads `<name>.key.pem`. */
export const readKey = async (folder: string, name: string): Promise<KeyObject> =>
  createPrivateKey(await readFile(join(folder, `${name}.key.pem`)));

/** Whether an authority was finished. */
export const hasAuthority = (folder: string, name: string): boolean => existsSync(join(folder, `${name}.pem`));

/** Writes an authority's key, and then its certificate: a key without one was never finished. */
export const writeAuthority = async (folder: string, name: string, authority: Authority): Promise<void> => {
  await writeKey(folder, name, authority.privateKey);
  const file = join(folder, `${name}.pem`);
  await writeFile(`${file}.draft`, new X509Certificate(authority.certificate).toString());
  await rename(`${file}.draft`, file);
};

/**
 * Reads an authority.
 *
 * @throws {HostError} PKI_UNUSABLE when key and certificate do not belong together
 */
export const readAuthority = async (folder: string, name: string): Promise<Authority> => {
  const privateKey = await readKey(folder, name);
  const certificate = new X509Certificate(await readFile(join(folder, `${name}.pem`)));
  if (!certificate.checkPrivateKey(privateKey)) throw unusable(folder, `${name}.pem is not for the key beside it`);
  return { privateKey, publicKey: createPublicKey(privateKey), certificate: certificate.raw };
};
