// Writes one part: an encrypted Parquet file with an encrypted footer (parquet-format, Encryption.md section 5.1).
//
//   PARE | row group 0: chunk, chunk, … | row group 1 … | FileCryptoMetaData | encrypted FileMetaData | length | PARE
import { concat, toHex, utf8 } from "./bytes.ts";
import type { Cipher, Codec, RunningDigest } from "./cipher.ts";
import { writeChunk } from "./chunk-writer.ts";
import { vectorLength, type ColumnVector } from "./column-vector.ts";
import { makeDataKeys, type ClassKey, type DataKeys } from "./data-keys.ts";
import { SealingError } from "./errors.ts";
import { encodeFileCryptoMetadata, encodeFileMetadata, type RowGroupMetadata } from "./file-metadata.ts";
import { checkLimit, MAX_ORDINALS } from "./limits.ts";
import type { ManifestPart } from "./manifest.ts";
import { sealModule } from "./modules.ts";
import { aadPrefix, checkPartIdentity, type PartIdentity } from "./part-identity.ts";
import { parseColumns, type Column } from "./schema.ts";
import { checkVector } from "./vector-check.ts";

const MAGIC = utf8("PARE");

/** What a part is made of. */
export interface PartWriterOptions extends PartIdentity {
  readonly schema: readonly Column[];
  /** The class keys by class; `footer` is one of them. */
  readonly classKeys: ReadonlyMap<string, ClassKey>;
  readonly cipher: Cipher;
  readonly codec: Codec;
  /** Takes the file's bytes in order. */
  readonly sink: (bytes: Uint8Array) => Promise<void>;
  /** Most rows of a row group. @default 1_048_576 */
  readonly rowGroupRows?: number;
  /** Most rows of a page. @default 262_144 */
  readonly pageRows?: number;
}

/** A part being written. */
export interface PartWriter {
  /**
   * Writes a row group: one vector per column, in the order of the schema, all of the same length.
   *
   * @throws SealingError VALUE_INVALID, LIMIT_EXCEEDED
   */
  readonly writeRowGroup: (columns: readonly ColumnVector[]) => Promise<void>;
  /** Writes the footer, overwrites the data keys and ends the part. */
  readonly finish: () => Promise<ManifestPart>;
}

class OpenPart implements PartWriter {
  readonly #options: PartWriterOptions;
  readonly #keys: DataKeys;
  readonly #fileUnique: Uint8Array;
  readonly #fileAad: Uint8Array;
  readonly #digest: RunningDigest;
  readonly #rowGroups: RowGroupMetadata[] = [];
  #size = 0;
  #rows = 0;

  constructor(options: PartWriterOptions, keys: DataKeys) {
    this.#options = options;
    this.#keys = keys;
    this.#fileUnique = options.cipher.randomBytes(8);
    this.#fileAad = concat(utf8(aadPrefix(options)), this.#fileUnique);
    this.#digest = options.cipher.startSha256();
  }

  readonly write = async (bytes: Uint8Array): Promise<void> => {
    this.#digest.update(bytes);
    this.#size += bytes.length;
    await this.#options.sink(bytes);
  };

  async writeRowGroup(vectors: readonly ColumnVector[]): Promise<void> {
    const { schema, rowGroupRows = 1_048_576, pageRows = 262_144, cipher, codec } = this.#options;
    const [first] = vectors;
    if (first === undefined || vectors.length !== schema.length)
      throw new SealingError("VALUE_INVALID", `row group has ${vectors.length} columns, want ${schema.length}`);
    const rows = vectorLength(first);
    checkLimit("row groups", this.#rowGroups.length + 1, MAX_ORDINALS);
    checkLimit("rows of a row group", rows, rowGroupRows);
    const rowGroup = this.#rowGroups.length;
    const work = schema.flatMap((column, ordinal) => {
      const vector = vectors[ordinal];
      const key = this.#keys.columns[ordinal];
      return vector === undefined || key === undefined ? [] : [{ column, ordinal, vector, key }];
    });
    for (const { column, vector } of work) checkVector(column, vector, rows);
    if (rows === 0) return;
    const offset = this.#size;
    let uncompressedSize = 0;
    const chunks: RowGroupMetadata["chunks"][number][] = [];
    for (const { column, ordinal, vector, key } of work) {
      const chunk = await writeChunk(
        {
          column,
          rowGroup,
          ordinal,
          offset: this.#size,
          key: key.key,
          fileAad: this.#fileAad,
          pageRows,
          cipher,
          codec,
          write: this.write,
        },
        vector,
      );
      uncompressedSize += chunk.uncompressedSize;
      chunks.push({ column: column.name, keyMetadata: key.metadata, sealedMetadata: chunk.sealedMetadata });
    }
    this.#rowGroups.push({ rows, offset, size: this.#size - offset, uncompressedSize, chunks });
    this.#rows += rows;
  }

  async finish(): Promise<ManifestPart> {
    const { schema, cipher, part } = this.#options;
    const { footer, columns } = this.#keys;
    const clear = encodeFileCryptoMetadata({ fileUnique: this.#fileUnique, keyMetadata: footer.metadata });
    const sealed = sealModule({
      cipher,
      key: footer.key,
      fileAad: this.#fileAad,
      identity: { type: "footer", ordinals: [] },
      plaintext: encodeFileMetadata({ columns: schema, rows: this.#rows, rowGroups: this.#rowGroups }),
    });
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, clear.length + sealed.length, true);
    const end = concat(clear, sealed, new Uint8Array(length.buffer), MAGIC);
    const digest = cipher.startSha256();
    digest.update(end);
    await this.write(end);
    for (const { key } of [footer, ...columns]) key.fill(0);
    return {
      part,
      size: this.#size,
      rows: this.#rows,
      sha256: toHex(this.#digest.digest()),
      footer_length: end.length,
      footer_sha256: toHex(digest.digest()),
    };
  }
}

/**
 * Begins a part: makes its data keys, wraps them under the class keys, and writes the leading magic.
 *
 * @throws SealingError SCHEMA_INVALID, KEY_MALFORMED
 */
export const createPartWriter = async (options: PartWriterOptions): Promise<PartWriter> => {
  checkPartIdentity(options);
  const schema = parseColumns(options.schema);
  const keys = await makeDataKeys({ ...options, identity: options, columns: schema });
  const part = new OpenPart({ ...options, schema }, keys);
  await part.write(MAGIC);
  return part;
};
