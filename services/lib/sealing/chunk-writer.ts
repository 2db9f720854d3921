import type { Cipher, Codec } from "./cipher.ts";
import { vectorLength, type ColumnVector } from "./column-vector.ts";
import { chooseEncoding } from "./dictionary.ts";
import {
  encodeChunkMetadata,
  encodeDataPageHeader,
  encodeDictionaryPageHeader,
  parquet,
  type ChunkMetadata,
} from "./file-metadata.ts";
import { checkLimit, MAX_ORDINALS } from "./limits.ts";
import { MODULE_OVERHEAD, sealModule, type ModuleIdentity } from "./modules.ts";
import { dictionaryBody, pageBodies } from "./page-encoding.ts";
import type { Column } from "./schema.ts";

/** Where and how a column chunk is written. */
export interface ChunkContext {
  readonly column: Column;
  readonly rowGroup: number;
  readonly ordinal: number;
  /** Offset of the chunk in the file. */
  readonly offset: number;
  readonly key: Uint8Array;
  readonly fileAad: Uint8Array;
  readonly pageRows: number;
  readonly cipher: Cipher;
  readonly codec: Codec;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** Writes one column chunk: its dictionary page, if it has one, and its data pages. */
export const writeChunk = async (
  context: ChunkContext,
  input: ColumnVector,
): Promise<{ readonly sealedMetadata: Uint8Array; readonly size: number; readonly uncompressedSize: number }> => {
  const { column, cipher, codec } = context;
  const vector = chooseEncoding(input);
  // Codes and numbers stay as they are: their size then depends on counts alone. Texts have lengths anyway.
  const compress = vector.kind === "string";
  const total = { size: 0, uncompressed: 0 };

  const seal = (type: ModuleIdentity["type"], page: readonly number[], plaintext: Uint8Array): Uint8Array =>
    sealModule({
      cipher,
      key: context.key,
      fileAad: context.fileAad,
      identity: { type, ordinals: [context.rowGroup, context.ordinal, ...page] },
      plaintext,
    });
  const writePage = async (
    type: "dataPage" | "dictionaryPage",
    page: readonly number[],
    body: Uint8Array,
    header: (sizes: { readonly uncompressedSize: number; readonly size: number }) => Uint8Array,
  ): Promise<void> => {
    const module = seal(type, page, compress ? codec.compress(body) : body);
    const head = header({ uncompressedSize: body.length, size: module.length });
    const headModule = seal(`${type}Header`, page, head);
    await context.write(headModule);
    await context.write(module);
    total.size += headModule.length + module.length;
    total.uncompressed += head.length + body.length + 2 * MODULE_OVERHEAD;
  };

  if (vector.kind === "dictionary")
    await writePage("dictionaryPage", [], dictionaryBody(vector.dictionary), (sizes) =>
      encodeDictionaryPageHeader({ entries: vector.dictionary.length, ...sizes }),
    );
  const dataPageOffset = context.offset + total.size;
  const rows = vectorLength(vector);
  const encoding = vector.kind === "dictionary" ? parquet.encoding.rleDictionary : parquet.encoding.plain;
  let page = 0;
  for (const body of pageBodies(vector, { nullable: column.nullable, rows, pageRows: context.pageRows })) {
    checkLimit("pages of a column chunk", page + 1, MAX_ORDINALS);
    await writePage("dataPage", [page++], body.bytes, (sizes) =>
      encodeDataPageHeader({ rows: body.rows, encoding, ...sizes }),
    );
  }
  const metadata: ChunkMetadata = {
    column,
    codec: compress ? parquet.codec.zstd : parquet.codec.uncompressed,
    encodings: [
      parquet.encoding.plain,
      parquet.encoding.rle,
      ...(vector.kind === "dictionary" ? [parquet.encoding.rleDictionary] : []),
    ],
    rows,
    uncompressedSize: total.uncompressed,
    size: total.size,
    dataPageOffset,
    dictionaryPageOffset: vector.kind === "dictionary" ? context.offset : undefined,
  };
  return {
    sealedMetadata: seal("columnMetaData", [], encodeChunkMetadata(metadata)),
    size: total.size,
    uncompressedSize: total.uncompressed,
  };
};
