// Opens a part for its owner, who has the private class keys.
import type { KeyObject } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import {
  dataKeyLabel,
  openFooter,
  SealingError,
  toCells,
  type Manifest,
  type SealedColumn,
  type SealedPart,
  type WrappedKey,
} from "#sealing";
import { nodeCipher, nodeZstd } from "./node-cipher.ts";
import { unwrapKeyOaep } from "./oaep.ts";

/** Finds the private class key of an id and hands it to `use`; undefined when there is none. */
export type WithPrivateKey = <T>(masterKeyId: string, use: (key: KeyObject) => T) => T | undefined;

/** A part and its owner's keys. */
export interface UnsealFileOptions {
  readonly file: string;
  /** A manifest whose signature was verified. */
  readonly manifest: Manifest;
  readonly part: number;
  /** Columns to read. @default all of the schema */
  readonly columns?: readonly string[];
  readonly withPrivateKey: WithPrivateKey;
}

/**
 * Reads bytes of a file.
 *
 * @throws SealingError SEAL_BROKEN when the file ends before
 */
const readRange = async (handle: FileHandle, offset: number, length: number): Promise<Uint8Array> => {
  const { size } = await handle.stat();
  // Before the allocation: the length comes from the manifest, the size from whoever stores the file.
  if (offset < 0 || offset + length > size)
    throw new SealingError("SEAL_BROKEN", `file has ${size} bytes, want ${length} at ${offset}`);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) throw new SealingError("SEAL_BROKEN", `file ends at ${offset + at}`);
    at += bytesRead;
  }
  return bytes;
};

const unwrap = (options: UnsealFileOptions, key: WrappedKey, column: string): Uint8Array => {
  const label = dataKeyLabel({ masterKeyId: key.masterKeyId, part: options.part, column });
  const unwrapped = options.withPrivateKey(key.masterKeyId, (privateKey) =>
    unwrapKeyOaep(privateKey, key.wrapped, label),
  );
  if (unwrapped === undefined)
    throw new SealingError("KEY_UNWRAP_FAILED", `there is no private key ${key.masterKeyId}`);
  return unwrapped;
};

const columnKeys = (options: UnsealFileOptions, part: SealedPart): ReadonlyMap<SealedColumn, Uint8Array> => {
  const names = options.columns ?? part.columns.map(({ name }) => name);
  return new Map(
    names.map((name) => {
      const column = part.columns.find((candidate) => candidate.name === name);
      if (column === undefined)
        throw new SealingError("SCHEMA_INVALID", `there is no column ${name}`, { column: name });
      return [column, column.key === null ? new Uint8Array(32) : unwrap(options, column.key, name)];
    }),
  );
};

async function* rowsOf(
  handle: FileHandle,
  part: SealedPart,
  keys: ReadonlyMap<SealedColumn, Uint8Array>,
): AsyncGenerator<readonly (string | number | null)[]> {
  for (const [rowGroup, { rows }] of part.rowGroups.entries()) {
    const columns: (readonly (string | number | null)[])[] = [];
    for (const [column, key] of keys) {
      const chunk = part.unlockColumn(rowGroup, column.name, key);
      columns.push(toCells(chunk.readChunk(await readRange(handle, chunk.offset, chunk.length))));
    }
    for (let row = 0; row < rows; row++) yield columns.map((cells) => cells[row] ?? null);
  }
}

/**
 * Reads the rows of a part, one row group in memory at a time. Data keys are overwritten when the rows end.
 *
 * @throws SealingError MANIFEST_FOOTER_MISMATCH, SEAL_BROKEN, KEY_UNWRAP_FAILED
 */
export async function* unsealFile(options: UnsealFileOptions): AsyncGenerator<readonly (string | number | null)[]> {
  const { file, manifest, part } = options;
  const entry = manifest.parts[part];
  if (entry === undefined) throw new RangeError(`manifest has no part ${part}`);
  const handle = await open(file, "r");
  try {
    const footerBytes = await readRange(handle, entry.size - entry.footer_length, entry.footer_length);
    const footer = await openFooter(footerBytes, { manifest, part });
    const footerKey = unwrap(options, footer.key, "footer");
    const opened = footer.unlock({ footerKey, cipher: nodeCipher, codec: nodeZstd });
    const keys = columnKeys(options, opened);
    try {
      yield* rowsOf(handle, opened, keys);
    } finally {
      for (const key of [footerKey, ...keys.values()]) key.fill(0);
    }
  } finally {
    await handle.close();
  }
}
