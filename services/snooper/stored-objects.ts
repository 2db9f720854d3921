// Everything that lies in the storage, by name.
import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { readBytes, type ByteStatistics } from "./byte-statistics.ts";

const HEAD_BYTES = 64;
const MOST_REMEMBERED = 1_000;

/** An object as the attacker sees it. */
export interface StoredObject {
  /** Path below the storage, with `/`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Bits per byte: 0 to 8. */
  readonly entropy: number;
  /** The first bytes, at most 64. */
  readonly head: Uint8Array;
}

/** Reads a whole file in pieces; a range of it may be left out of judgement. */
export const readStatistics = async (
  path: string,
  except?: { readonly from: number; readonly to: number },
): Promise<ByteStatistics> => {
  const reader = readBytes();
  const { from, to } = except ?? { from: Infinity, to: Infinity };
  let at = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const bytes = chunk as Buffer; // a stream without encoding gives buffers
    const cut = (offset: number): number => Math.min(Math.max(offset - at, 0), bytes.length);
    reader.add(bytes.subarray(0, cut(from)));
    if (cut(to) > cut(from)) reader.skip(bytes.subarray(cut(from), cut(to)));
    reader.add(bytes.subarray(cut(to)));
    at += bytes.length;
  }
  return reader.result();
};

const headOf = async (path: string): Promise<Uint8Array> => {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

/** The storage as a list of objects. */
export interface StoredObjects {
  /** The names of all objects, in code-point order. */
  names(): Promise<readonly string[]>;
  /** Reads one object whole; undefined when it is gone. What was read is remembered until the object changes. */
  look(name: string): Promise<StoredObject | undefined>;
}

/** Opens the storage in a folder. */
export const openStoredObjects = (folder: string): StoredObjects => {
  const seen = new Map<string, { readonly state: string; readonly object: StoredObject }>();
  return {
    async names() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .toSorted();
    },
    async look(name) {
      const path = join(folder, name);
      try {
        const { size, mtimeMs } = await stat(path);
        const state = `${size} ${mtimeMs}`;
        const known = seen.get(name);
        if (known?.state === state) return known.object;
        const { sizeBytes, entropy } = await readStatistics(path);
        const object = { name, sizeBytes, entropy, head: await headOf(path) };
        if (seen.size >= MOST_REMEMBERED) seen.clear();
        seen.set(name, { state, object });
        return object;
      } catch (error) {
        // An attack moves files while others look; node:fs rejects with system errors.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
  };
};
