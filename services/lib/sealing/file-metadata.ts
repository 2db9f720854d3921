// Parquet's metadata, writing (parquet-format, parquet.thrift; the numbers are its field ids). Statistics, indexes and
// bloom filters are never written: they would tell more than sizes do.
import type { Column } from "./schema.ts";
import { binary, bool, encodeStruct, i16, i32, i64, list, struct } from "./thrift-writer.ts";

/** Values of Parquet's enumerations that are used here. */
export const parquet = {
  type: { INT32: 1, STRING: 6 },
  repetition: { required: 0, optional: 1 },
  convertedType: { utf8: 0 },
  encoding: { plain: 0, rle: 3, rleDictionary: 8 },
  codec: { uncompressed: 0, zstd: 6 },
  page: { data: 0, dictionary: 2 },
} as const;

/** What is said of a column chunk inside its encrypted metadata. */
export interface ChunkMetadata {
  readonly column: Column;
  readonly codec: number;
  readonly encodings: readonly number[];
  readonly rows: number;
  readonly uncompressedSize: number;
  readonly size: number;
  readonly dataPageOffset: number;
  readonly dictionaryPageOffset: number | undefined;
}

/** A row group, its chunks' metadata already encrypted. */
export interface RowGroupMetadata {
  readonly rows: number;
  readonly offset: number;
  readonly size: number;
  readonly uncompressedSize: number;
  readonly chunks: readonly {
    readonly column: string;
    readonly keyMetadata: Uint8Array;
    readonly sealedMetadata: Uint8Array;
  }[];
}

/** PageHeader of a data page. `size` is of the encrypted module, as it stands in the file. */
export const encodeDataPageHeader = (page: {
  readonly rows: number;
  readonly encoding: number;
  readonly uncompressedSize: number;
  readonly size: number;
}): Uint8Array =>
  encodeStruct(
    struct(
      [1, i32(parquet.page.data)],
      [2, i32(page.uncompressedSize)],
      [3, i32(page.size)],
      [
        5,
        struct(
          [1, i32(page.rows)],
          [2, i32(page.encoding)],
          [3, i32(parquet.encoding.rle)],
          [4, i32(parquet.encoding.rle)],
        ),
      ],
    ),
  );

/** PageHeader of a dictionary page. */
export const encodeDictionaryPageHeader = (page: {
  readonly entries: number;
  readonly uncompressedSize: number;
  readonly size: number;
}): Uint8Array =>
  encodeStruct(
    struct(
      [1, i32(parquet.page.dictionary)],
      [2, i32(page.uncompressedSize)],
      [3, i32(page.size)],
      [7, struct([1, i32(page.entries)], [2, i32(parquet.encoding.plain)])],
    ),
  );

/** ColumnMetaData. */
export const encodeChunkMetadata = (chunk: ChunkMetadata): Uint8Array =>
  encodeStruct(
    struct(
      [1, i32(parquet.type[chunk.column.type])],
      [2, list("i32", chunk.encodings.map(i32))],
      [3, list("binary", [binary(chunk.column.name)])],
      [4, i32(chunk.codec)],
      [5, i64(chunk.rows)],
      [6, i64(chunk.uncompressedSize)],
      [7, i64(chunk.size)],
      [9, i64(chunk.dataPageOffset)],
      [11, chunk.dictionaryPageOffset === undefined ? undefined : i64(chunk.dictionaryPageOffset)],
    ),
  );

const schemaElements = (columns: readonly Column[]) => [
  struct([4, binary("schema")], [5, i32(columns.length)]),
  ...columns.map(({ name, type, nullable }) =>
    struct(
      [1, i32(parquet.type[type])],
      [3, i32(nullable ? parquet.repetition.optional : parquet.repetition.required)],
      [4, binary(name)],
      [6, type === "STRING" ? i32(parquet.convertedType.utf8) : undefined],
      // LogicalType is a union; 1 is STRING, an empty struct.
      [10, type === "STRING" ? struct([1, struct()]) : undefined],
    ),
  ),
];

const rowGroup = (group: RowGroupMetadata, ordinal: number) =>
  struct(
    [
      1,
      list(
        "struct",
        group.chunks.map(({ column, keyMetadata, sealedMetadata }) =>
          struct(
            // file_offset: parquet.thrift asks for 0 where no metadata stands outside the footer.
            [2, i64(0)],
            // ColumnCryptoMetaData is a union; 2 is ENCRYPTION_WITH_COLUMN_KEY.
            [8, struct([2, struct([1, list("binary", [binary(column)])], [2, binary(keyMetadata)])])],
            [9, binary(sealedMetadata)],
          ),
        ),
      ),
    ],
    [2, i64(group.uncompressedSize)],
    [3, i64(group.rows)],
    [5, i64(group.offset)],
    [6, i64(group.size)],
    [7, i16(ordinal)],
  );

/** FileMetaData, format version 2. */
export const encodeFileMetadata = (file: {
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly rowGroups: readonly RowGroupMetadata[];
}): Uint8Array =>
  encodeStruct(
    struct(
      [1, i32(2)],
      [2, list("struct", schemaElements(file.columns))],
      [3, i64(file.rows)],
      [4, list("struct", file.rowGroups.map(rowGroup))],
      // <application> version <version> (build <hash>): parquet-java parses this form.
      [6, binary("sealmesh version 0.1.0 (build 0)")],
      [
        7,
        list(
          "struct",
          file.columns.map(() => struct([1, struct()])),
        ),
      ],
    ),
  );

/** FileCryptoMetaData: AES_GCM_V1, the AAD prefix supplied by the reader. */
export const encodeFileCryptoMetadata = (file: {
  readonly fileUnique: Uint8Array;
  readonly keyMetadata: Uint8Array;
}): Uint8Array =>
  encodeStruct(
    struct([1, struct([1, struct([2, binary(file.fileUnique)], [3, bool(true)])])], [2, binary(file.keyMetadata)]),
  );
