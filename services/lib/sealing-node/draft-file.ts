import { randomBytes } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeAll = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
};

/**
 * Writes a file that is there whole or not at all: under a temporary name in the same folder, synced, then renamed.
 *
 * @param write gets the function that appends bytes; when it throws, nothing is left
 * @returns what `write` returns
 */
export const writeFileWhole = async <T>(
  folder: string,
  name: string,
  write: (append: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T> => {
  const draft = join(folder, `.${name}.${randomBytes(6).toString("hex")}.draft`);
  const handle = await open(draft, "wx", 0o644);
  try {
    let result: T;
    try {
      result = await write((bytes) => writeAll(handle, bytes));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, join(folder, name));
    await syncFolder(folder);
    return result;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
};
