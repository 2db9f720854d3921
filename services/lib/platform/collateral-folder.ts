// What AMD's key distribution service gave, kept in a folder: offline, it answers in the service's place. `sealmesh verify evidence
// --certs <this folder>` takes it as it is.
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CollateralStore } from "#attestation";
import { readBounded } from "./read-bounded.ts";

/** The client keeps nothing larger; a file that is larger is none of its own. */
const MAX_FILE_SIZE = 65_536;

/** Paths of the service are words, digits and separators, so that every name made of one stays in the folder. */
const nameOf = (path: string): string => {
  if (!/^\/[A-Za-z0-9/_?=&]+$/.test(path)) throw new TypeError(`${path} is no path of the key distribution service`);
  const name = path.slice(1).replaceAll(/[/?&]/g, "-").replaceAll("=", "");
  return name.endsWith("crl") ? `${name}.crl` : name.endsWith("cert_chain") ? `${name}.pem` : `${name}.der`;
};

const isAbsent = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/**
 * Opens a folder that keeps collateral; it is made at the first `put`. Each file is written whole or not at all, and what is more than
 * 65,536 bytes counts as not there. Errors are those of the file system.
 */
export const openCollateralFolder = (folder: string): CollateralStore => ({
  async get(path) {
    try {
      const bytes = await readBounded(join(folder, nameOf(path)), MAX_FILE_SIZE);
      return bytes.length > MAX_FILE_SIZE ? null : bytes;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  },
  async put(path, bytes) {
    const name = nameOf(path);
    await mkdir(folder, { recursive: true });
    // In a folder of its own, so that nobody who reads all files of this one meets half of it.
    const draft = await mkdtemp(join(folder, ".draft-"));
    try {
      await writeFile(join(draft, name), bytes);
      await rename(join(draft, name), join(folder, name));
    } finally {
      await rm(draft, { recursive: true });
    }
  },
});
