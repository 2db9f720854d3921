// FileMetaData and ColumnMetaData, read and checked against what the manifest says (field ids: parquet.thrift).
import { broken, unsupported, type SealPlace } from "./errors.ts";
import { parquet } from "./file-metadata.ts";
import { parseKeyMetadata, type WrappedKey } from "./key-metadata.ts";
import { MAX_ORDINALS, MAX_ROW_GROUP_ROWS } from "./limits.ts";
import type { Column } from "./schema.ts";
import { sameBytes } from "./bytes.ts";
import {
  binaryIn,
  countIn,
  integerIn,
  optionalBinary,
  optionalInteger,
  optionalStruct,
  structIn,
  structsIn,
  textIn,
  textsIn,
  type ThriftStruct,
} from "./thrift-reader.ts";

/** A row group of a part, its chunks' metadata still sealed. */
export interface RowGroup {
  readonly rows: number;
  /** Encrypted ColumnMetaData, by column ordinal. */
  readonly sealedMetadata: readonly Uint8Array[];
}

/** What the footer says. */
export interface PartMetadata {
  readonly rowGroups: readonly RowGroup[];
  /** The wrapped data key of each column; empty when the part has no rows. */
  readonly keys: readonly WrappedKey[];
}

const checkSchema = (elements: readonly ThriftStruct[], columns: readonly Column[], place: SealPlace): void => {
  const [root, ...leaves] = elements;
  if (root === undefined || leaves.length !== columns.length || countIn(root, 5) !== columns.length)
    throw broken(place, `schema has ${leaves.length} columns, want ${columns.length}`);
  for (const [index, column] of columns.entries()) {
    const leaf = leaves[index] ?? new Map();
    if (textIn(leaf, 4) !== column.name) throw broken({ ...place, column: column.name }, "schema has another name");
    if (optionalInteger(leaf, 1) !== parquet.type[column.type] || optionalInteger(leaf, 5) !== undefined)
      throw broken({ ...place, column: column.name }, `schema has another type than ${column.type}`);
    const repetition = column.nullable ? parquet.repetition.optional : parquet.repetition.required;
    if (integerIn(leaf, 3) !== repetition)
      throw broken({ ...place, column: column.name }, "schema differs in whether cells may be missing");
  }
};

/** Crypto metadata of a chunk: its own column key, and its metadata sealed apart. */
const readChunk = (
  chunk: ThriftStruct,
  column: Column,
  place: SealPlace,
): { readonly keyMetadata: Uint8Array; readonly sealedMetadata: Uint8Array } => {
  const crypto = optionalStruct(chunk, 8);
  if (crypto === undefined) throw unsupported(place, "column is not encrypted");
  const columnKey = optionalStruct(crypto, 2);
  if (columnKey === undefined || crypto.size !== 1)
    throw unsupported(place, "column is not encrypted with a key of its own");
  const path = textsIn(columnKey, 1);
  if (path.length !== 1 || path[0] !== column.name) throw broken(place, "chunk is of another column");
  if (chunk.has(1) || chunk.has(3)) throw unsupported(place, "chunk has metadata in the clear or in another file");
  const keyMetadata = optionalBinary(columnKey, 2);
  if (keyMetadata === undefined) throw unsupported(place, "column key has no key metadata");
  return { keyMetadata, sealedMetadata: binaryIn(chunk, 9) };
};

/**
 * Checks FileMetaData against the schema and the row count that the manifest names.
 *
 * @throws SealingError SEAL_BROKEN, SEAL_UNSUPPORTED; ThriftError
 */
export const readPartMetadata = (
  file: ThriftStruct,
  want: { readonly columns: readonly Column[]; readonly rows: number; readonly place: SealPlace },
): PartMetadata => {
  const { columns, place } = want;
  checkSchema(structsIn(file, 2), columns, place);
  const groups = structsIn(file, 4);
  if (groups.length > MAX_ORDINALS) throw broken(place, `${groups.length} row groups, at most ${MAX_ORDINALS}`);
  const keyMetadata: Uint8Array[] = [];
  const rowGroups = groups.map((group, rowGroup): RowGroup => {
    const at = { ...place, rowGroup };
    const chunks = structsIn(group, 1);
    const rows = countIn(group, 3);
    if (integerIn(group, 7) !== rowGroup) throw broken(at, `row group has ordinal ${integerIn(group, 7)}`);
    if (rows === 0 || rows > MAX_ROW_GROUP_ROWS) throw broken(at, `row group has ${rows} rows`);
    if (chunks.length !== columns.length) throw broken(at, `row group has ${chunks.length} columns`);
    return {
      rows,
      sealedMetadata: columns.map((column, ordinal) => {
        const where = { ...at, column: column.name };
        const chunk = readChunk(chunks[ordinal] ?? new Map(), column, where);
        const first = (keyMetadata[ordinal] ??= chunk.keyMetadata);
        // One key per column and file: so that one released key opens the whole column.
        if (!sameBytes(first, chunk.keyMetadata)) throw unsupported(where, "column has more than one key");
        return chunk.sealedMetadata;
      }),
    };
  });
  const sum = rowGroups.reduce((total, { rows }) => total + rows, 0);
  if (sum !== want.rows || countIn(file, 3) !== want.rows)
    throw broken(place, `row groups have ${sum} rows, footer says ${countIn(file, 3)}, manifest says ${want.rows}`);
  const keys = keyMetadata.map((bytes, index) =>
    parseKeyMetadata(bytes, "column", { ...place, column: columns[index]?.name ?? "" }),
  );
  return { rowGroups, keys };
};

/** What ColumnMetaData says of a chunk. */
export interface ChunkLayout {
  /** Offset of the chunk in the file. */
  readonly offset: number;
  /** Bytes of the chunk. */
  readonly length: number;
  readonly codec: "uncompressed" | "zstd";
  readonly hasDictionary: boolean;
}

const codecName = (codec: number): ChunkLayout["codec"] | undefined => {
  if (codec === parquet.codec.uncompressed) return "uncompressed";
  return codec === parquet.codec.zstd ? "zstd" : undefined;
};

/**
 * Checks ColumnMetaData against the column, the row group and the room there is in the file.
 *
 * @throws SealingError SEAL_BROKEN, SEAL_UNSUPPORTED; ThriftError
 */
export const readChunkLayout = (
  metadata: ThriftStruct,
  want: { readonly column: Column; readonly rows: number; readonly dataEnd: number; readonly place: SealPlace },
): ChunkLayout => {
  const { column, rows, dataEnd, place } = want;
  const path = textsIn(metadata, 3);
  if (path.length !== 1 || path[0] !== column.name || integerIn(metadata, 1) !== parquet.type[column.type])
    throw broken(place, "chunk is of another column");
  const codec = codecName(integerIn(metadata, 4));
  if (codec === undefined) throw unsupported(place, `compression codec ${integerIn(metadata, 4)}`);
  if (countIn(metadata, 5) !== rows) throw broken(place, `chunk has ${countIn(metadata, 5)} cells, want ${rows}`);
  const length = countIn(metadata, 7);
  const dataPages = countIn(metadata, 9);
  // Some writers say 0 where there is no dictionary page.
  const dictionary = optionalInteger(metadata, 11) ?? 0;
  const hasDictionary = dictionary > 0;
  const offset = hasDictionary ? dictionary : dataPages;
  if (dataPages < offset || offset < 4 || offset + length > dataEnd)
    throw broken(place, `chunk is at ${offset} with ${length} bytes, the data end at ${dataEnd}`);
  return { offset, length, codec, hasDictionary };
};

/** A PageHeader. */
export type PageHeader = {
  readonly rows: number;
  readonly uncompressedSize: number;
  /** Bytes of the encrypted page. */
  readonly size: number;
} & ({ readonly kind: "dictionary" } | { readonly kind: "data"; readonly encoding: "plain" | "dictionary" });

/**
 * Reads a PageHeader.
 *
 * @throws SealingError SEAL_UNSUPPORTED for page types and encodings that sealmesh does not read; ThriftError
 */
export const readPageHeader = (
  header: ThriftStruct,
  { nullable, place }: { readonly nullable: boolean; readonly place: SealPlace },
): PageHeader => {
  const sizes = { uncompressedSize: countIn(header, 2), size: countIn(header, 3) };
  switch (integerIn(header, 1)) {
    case parquet.page.dictionary: {
      const dictionary = structIn(header, 7);
      // 2 is PLAIN_DICTIONARY, which older writers say for a PLAIN dictionary page.
      if (![parquet.encoding.plain, 2].includes(integerIn(dictionary, 2)))
        throw unsupported(place, `encoding ${integerIn(dictionary, 2)} of a dictionary page`);
      return { kind: "dictionary", rows: countIn(dictionary, 1), ...sizes };
    }
    case parquet.page.data: {
      const data = structIn(header, 5);
      // Without levels, writers say anything here.
      if (nullable && integerIn(data, 3) !== parquet.encoding.rle)
        throw unsupported(place, "definition levels are not RLE");
      const encoding = integerIn(data, 2);
      if (encoding !== parquet.encoding.plain && encoding !== parquet.encoding.rleDictionary)
        throw unsupported(place, `encoding ${encoding} of a data page`);
      return {
        kind: "data",
        rows: countIn(data, 1),
        encoding: encoding === parquet.encoding.plain ? "plain" : "dictionary",
        ...sizes,
      };
    }
    default:
      throw unsupported(place, `page type ${integerIn(header, 1)}`);
  }
};
