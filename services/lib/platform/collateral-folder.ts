// What AMD's key distribution service gave, kept in a folder: offline, it answers in the service's place. `sealmesh verify evidence
// --certs <this folder>` takes it as it is.
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CollateralStore } from "#attestation";

/** Paths of the service are words, digits and separators, so that every name made of one stays in the folder. */
const nameOf = (path: string): string => {
  if (!/^\/[A-Za-z0-9/_?=&]+$/.test(path)) throw new TypeError(`${path} is no path of the key distribution service`);
  const name = path.slice(1).replaceAll(/[/?&]/g, "-").replaceAll("=", "");
  return name.endsWith("crl") ? `${name}.crl` : name.endsWith("cert_chain") ? `${name}.pem` : `${name}.der`;
};

const isAbsent = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Opens a folder that keeps collateral; it is made at the first `put`. Each file is written whole or not at all. */
export const openCollateralFolder = (folder: string): CollateralStore => ({
  async get(path) {
    try {
      return await readFile(join(folder, nameOf(path)));
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  },
  async put(path, bytes) {
    await mkdir(folder, { recursive: true });
    const draft = join(folder, `.${randomBytes(8).toString("hex")}`);
    await writeFile(draft, bytes);
    await rename(draft, join(folder, nameOf(path)));
  },
});
