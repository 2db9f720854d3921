// What a hostile operator does to a stored file, and the way back.
//
// The original is copied aside whole before anything is changed, and a copy that is there is put back at the next start: whatever ends
// the process in between, the storage is as it was.
import { copyFile, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

const BACKUP = ".snooper-backup";
/** A copy that is not whole yet: it must never be put back. */
const UNFINISHED = `${BACKUP}.part`;

/** Changes a file, acts, and restores the file, whatever happens. */
export const whileAltered = async <T>(
  path: string,
  alter: (path: string) => Promise<void>,
  act: () => Promise<T>,
): Promise<T> => {
  const backup = `${path}${BACKUP}`;
  await copyFile(path, `${path}${UNFINISHED}`);
  await rename(`${path}${UNFINISHED}`, backup);
  try {
    await alter(path);
    return await act();
  } finally {
    await rename(backup, path);
  }
};

/**
 * Puts back what an attack left altered when its process ended.
 *
 * @returns the paths of the restored files
 */
export const restoreAltered = async (storage: string): Promise<readonly string[]> => {
  const entries = await readdir(storage, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const unfinished of files.filter((path) => path.endsWith(UNFINISHED))) await rm(unfinished);
  const backups = files.filter((path) => path.endsWith(BACKUP));
  const restored = backups.map((path) => path.slice(0, -BACKUP.length));
  for (const [index, path] of restored.entries()) await rename(backups[index] ?? "", path);
  return restored;
};

/** Flips the lowest bit of the bytes at these offsets. */
export const flipBytes = async (path: string, offsets: readonly number[]): Promise<void> => {
  const file = await open(path, "r+");
  try {
    for (const offset of offsets) {
      const byte = new Uint8Array(1);
      await file.read(byte, 0, 1, offset);
      await file.write(Uint8Array.of((byte[0] ?? 0) ^ 1), 0, 1, offset);
    }
  } finally {
    await file.close();
  }
};
