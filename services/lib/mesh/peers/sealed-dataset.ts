// Opens a sealed dataset from wherever its bytes come: footer first, compared with the signed manifest; then the footer's key;
// then the keys of the wanted columns; then only the chunks of those columns, row group by row group.
import { openFooter, type ColumnVector, type Manifest, type SealedChunk, type SealedPart } from "#sealing";
import { nodeCipher, nodeZstd } from "#sealing-node";
import type { WrappedKey } from "./key-release.ts";

/** Bytes of one part of a dataset. */
export interface ByteRange {
  readonly part: number;
  readonly offset: number;
  readonly length: number;
}

/** Where sealed bytes come from; whoever they come from is not trusted. */
export type ReadSealed = (range: ByteRange) => Promise<Uint8Array>;

/** Asks for data keys: 32 bytes each, by `<dataset>/<part>/<column>`. */
export type ObtainKeys = (wanted: readonly WrappedKey[]) => Promise<ReadonlyMap<string, Uint8Array>>;

/** One row group that is ready to be read. */
export interface OpenRowGroup {
  readonly rows: number;
  /** Sealed bytes of the wanted columns. */
  readonly bytes: number;
  /** Fetches and decrypts the wanted columns. */
  read(): Promise<ReadonlyMap<string, ColumnVector>>;
}

/** A dataset whose wanted columns are open. */
export interface OpenDataset {
  readonly rowGroups: readonly OpenRowGroup[];
  /** Overwrites the data keys; nothing can be read after. */
  drop(): void;
}

const footerRange = ({ part, size, footer_length }: Manifest["parts"][number]): ByteRange => ({
  part,
  offset: size - footer_length,
  length: footer_length,
});

/**
 * Opens the wanted columns of a dataset.
 *
 * @param options.manifest verified: signed by the owner, and the one that the contract names
 * @throws {SealingError} MANIFEST_FOOTER_MISMATCH, SEAL_BROKEN naming the place, SEAL_UNSUPPORTED
 */
export const openSealedDataset = async (options: {
  readonly manifest: Manifest;
  readonly columns: readonly string[];
  readonly read: ReadSealed;
  readonly obtainKeys: ObtainKeys;
}): Promise<OpenDataset> => {
  const { manifest, columns, read, obtainKeys } = options;
  const { dataset, parts } = manifest;
  const held: Uint8Array[] = [];
  const keysFor = async (wanted: readonly WrappedKey[]) => {
    const keys = wanted.length === 0 ? new Map<string, Uint8Array>() : await obtainKeys(wanted);
    held.push(...keys.values());
    return (part: number, column: string): Uint8Array => {
      const key = keys.get(`${dataset}/${part}/${column}`);
      if (key === undefined) throw new RangeError(`no key of ${column} in part ${part} was obtained`);
      return key;
    };
  };
  const drop = (): void => {
    for (const key of held) key.fill(0);
  };

  try {
    const footers = await Promise.all(
      parts.map(async (entry) => openFooter(await read(footerRange(entry)), { manifest, part: entry.part })),
    );
    const footerKey = await keysFor(footers.map(({ key }, part) => ({ dataset, part, column: "footer", ...key })));
    const opened: readonly SealedPart[] = footers.map((footer, part) =>
      footer.unlock({ footerKey: footerKey(part, "footer"), cipher: nodeCipher, codec: nodeZstd }),
    );
    const columnKey = await keysFor(
      opened.flatMap((sealed, part) =>
        sealed.columns.flatMap(({ name, key }) =>
          key === null || !columns.includes(name) ? [] : [{ dataset, part, column: name, ...key }],
        ),
      ),
    );
    const rowGroups = opened.flatMap((sealed, part) =>
      sealed.rowGroups.map(({ rows }, rowGroup): OpenRowGroup => {
        const chunks = columns.map((name): readonly [string, SealedChunk] => [
          name,
          sealed.unlockColumn(rowGroup, name, columnKey(part, name)),
        ]);
        return {
          rows,
          bytes: chunks.reduce((sum, [, { length }]) => sum + length, 0),
          async read() {
            const vectors = new Map<string, ColumnVector>();
            for (const [name, { offset, length, readChunk }] of chunks)
              vectors.set(name, readChunk(await read({ part, offset, length })));
            return vectors;
          },
        };
      }),
    );
    return { rowGroups, drop };
  } catch (error) {
    drop();
    throw error;
  }
};
