// The storage that a provider serves from: a folder that nobody trusts, with one folder per dataset version in it.
//
// Looked at anew for each call, so that a new version is there without a restart; nothing is cached that could be stale.
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fromBase64, manifestDigest, parseEnvelope, parseManifest, type Envelope, type Manifest } from "#sealing";
import { ProviderError } from "./provider-error.ts";

const MESSAGE_BYTES = 256 * 1024;

/** One sealed dataset version as it lies in the storage. */
export interface StoredDataset {
  readonly manifest: Manifest;
  /** `sha256:` and 64 hex digits, over the manifest's payload. */
  readonly digest: string;
  /** The manifest with its signature. */
  readonly statement: Envelope;
  readonly folder: string;
}

/** The sealed datasets of one party. */
export interface Storage {
  /** By name, then version, newest first. */
  list(): Promise<readonly StoredDataset[]>;
  /** @throws {ProviderError} DATASET_UNKNOWN */
  find(digest: string): Promise<StoredDataset>;
  /**
   * Reads a byte range of a part, in pieces of at most 256 KiB.
   *
   * @throws {ProviderError} PART_UNKNOWN, RANGE_INVALID, STORAGE_TRUNCATED
   */
  read(
    dataset: StoredDataset,
    range: PartRange,
  ): AsyncGenerator<{ readonly offset: number; readonly data: Uint8Array }>;
}

/** Bytes of a part. */
export interface PartRange {
  /** From 0. */
  readonly part: number;
  /** First byte. */
  readonly offset: number;
  /** How many bytes. */
  readonly length: number;
}

const folders = async (path: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // readdir rejects with a system error
    throw error;
  }
};

const readDataset = async (folder: string): Promise<StoredDataset> => {
  const statement = parseEnvelope(await readFile(join(folder, "manifest.json"), "utf8"));
  const payload = fromBase64(statement.payload);
  return { manifest: parseManifest(payload), digest: await manifestDigest(payload), statement, folder };
};

/**
 * @param root the storage's folder
 * @param party whose datasets are served
 * @param onUnreadable hears of a dataset folder that cannot be read; the others are served all the same
 */
export const openStorage = (options: {
  readonly root: string;
  readonly party: string;
  readonly onUnreadable: (folder: string, error: unknown) => void;
}): Storage => {
  const home = join(options.root, options.party);

  const list = async (): Promise<readonly StoredDataset[]> => {
    const found: StoredDataset[] = [];
    for (const dataset of (await folders(home)).toSorted()) {
      const versions = (await folders(join(home, dataset))).toSorted((a, b) => Number(b) - Number(a));
      for (const version of versions) {
        const folder = join(home, dataset, version);
        try {
          found.push(await readDataset(folder));
        } catch (error) {
          options.onUnreadable(folder, error);
        }
      }
    }
    return found;
  };

  return {
    list,
    async find(digest) {
      const dataset = (await list()).find((candidate) => candidate.digest === digest);
      if (dataset === undefined)
        throw new ProviderError("DATASET_UNKNOWN", `no dataset has the manifest ${digest}`, { manifest: digest });
      return dataset;
    },
    async *read({ manifest, folder }, { part, offset, length }) {
      const entry = manifest.parts[part];
      if (entry === undefined)
        throw new ProviderError("PART_UNKNOWN", `${manifest.dataset} has no part ${part}`, { part });
      if (length < 1 || offset + length > entry.size) {
        throw new ProviderError(
          "RANGE_INVALID",
          `bytes ${offset} to ${offset + length} of ${entry.size} are not there`,
          { offset, length },
        );
      }
      const file = await open(join(folder, `part-${part}.parquet`), "r");
      try {
        const end = offset + length;
        for (let at = offset; at < end;) {
          const data = new Uint8Array(Math.min(MESSAGE_BYTES, end - at));
          const { bytesRead } = await file.read(data, 0, data.length, at);
          if (bytesRead === 0)
            throw new ProviderError("STORAGE_TRUNCATED", `part ${part} ends at byte ${at} of ${entry.size}`, {
              part,
              at,
            });
          yield { offset: at, data: data.subarray(0, bytesRead) };
          at += bytesRead;
        }
      } finally {
        await file.close();
      }
    },
  };
};
