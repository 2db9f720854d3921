// The sealed datasets that lie in the storage, with everything that is published beside them.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { fromBase64, manifestDigest, parseEnvelope, parseManifest, SealingError, type Manifest } from "#sealing";
import { spkiSha256Hex } from "#sealing-node";
import { unprepared } from "./snooper-error.ts";

/** One sealed dataset version. */
export interface StoredDataset {
  readonly manifest: Manifest;
  /** `sha256:` and 64 hex digits, over the manifest's payload. */
  readonly digest: string;
  readonly folder: string;
}

const classKeysSchema = v.array(v.strictObject({ master_key_id: v.string(), spki: v.string() }));

/** The path of a part. */
export const partPath = ({ folder }: StoredDataset, part: number): string => join(folder, `part-${part}.parquet`);

const readDataset = async (folder: string): Promise<StoredDataset | undefined> => {
  try {
    const statement = parseEnvelope(await readFile(join(folder, "manifest.json"), "utf8"));
    const payload = fromBase64(statement.payload);
    return { manifest: parseManifest(payload), digest: await manifestDigest(payload), folder };
  } catch (error) {
    if (error instanceof SealingError) return undefined; // not a manifest: nothing to attack here
    throw error;
  }
};

/** All sealed datasets of a storage, by dataset, the newest version first. */
export const storedDatasets = async (storage: string): Promise<readonly StoredDataset[]> => {
  const entries = await readdir(storage, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isFile() && entry.name === "manifest.json");
  const found = await Promise.all(folders.map(({ parentPath }) => readDataset(parentPath)));
  return found
    .filter((dataset) => dataset !== undefined)
    .toSorted((a, b) =>
      a.manifest.dataset === b.manifest.dataset
        ? b.manifest.version - a.manifest.version
        : a.manifest.dataset < b.manifest.dataset
          ? -1
          : 1,
    );
};

/**
 * The public class keys that are published beside a dataset: SubjectPublicKeyInfo by class. Only those that the manifest names count.
 *
 * @throws {SnooperError} ATTACK_UNPREPARED when one is missing
 */
export const publicClassKeys = async ({
  manifest,
  folder,
}: StoredDataset): Promise<ReadonlyMap<string, Uint8Array>> => {
  let published: v.InferOutput<typeof classKeysSchema>;
  try {
    published = v.parse(classKeysSchema, JSON.parse(await readFile(join(folder, "class-keys.json"), "utf8")));
  } catch {
    throw unprepared(`no public class keys are published beside ${manifest.dataset}`, { dataset: manifest.dataset });
  }
  return new Map(
    Object.entries(manifest.keys).map(([name, { master_key_id, spki_sha256 }]): [string, Uint8Array] => {
      const entry = published.find((key) => key.master_key_id === master_key_id);
      const spki = Buffer.from(entry?.spki ?? "", "base64");
      if (entry === undefined || spkiSha256Hex(spki) !== spki_sha256) {
        throw unprepared(`the public key ${master_key_id} is not published`, { master_key_id });
      }
      return [name, spki];
    }),
  );
};
