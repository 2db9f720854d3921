import type { Cipher, Codec } from "./cipher.ts";
import { EncodingError } from "./bit-packing.ts";
import type { ColumnVector } from "./column-vector.ts";
import { broken, SealingError, unsupported, type SealPlace } from "./errors.ts";
import { MAX_DICTIONARY, MAX_ORDINALS, MAX_PAGE_BYTES } from "./limits.ts";
import { openModule, type ModuleIdentity } from "./modules.ts";
import { readDictionary, vectorBuilder } from "./page-decoding.ts";
import { readPageHeader, type ChunkLayout, type PageHeader } from "./part-metadata.ts";
import type { Column } from "./schema.ts";
import { readWholeStruct, ThriftError } from "./thrift-reader.ts";

/** What a chunk is opened with. */
export interface ChunkKeys {
  readonly column: Column;
  readonly rowGroup: number;
  readonly ordinal: number;
  readonly rows: number;
  readonly layout: ChunkLayout;
  readonly key: Uint8Array;
  readonly fileAad: Uint8Array;
  readonly cipher: Cipher;
  readonly codec: Codec;
  readonly place: SealPlace;
}

interface OpenedPage {
  readonly header: PageHeader;
  readonly body: Uint8Array;
  readonly end: number;
}

/**
 * Runs a step over authentic bytes and turns what its parsers find wrong into one error that names the place.
 *
 * @throws SealingError SEAL_BROKEN
 */
export const parsing = <T>(place: SealPlace, step: () => T): T => {
  try {
    return step();
  } catch (error) {
    if (error instanceof SealingError) throw error;
    if (error instanceof ThriftError) throw broken(place, `metadata ${error.message}`);
    if (error instanceof EncodingError) throw broken(place, error.message);
    throw error;
  }
};

const decompress = (keys: ChunkKeys, body: Uint8Array, size: number, place: SealPlace): Uint8Array => {
  if (keys.layout.codec === "uncompressed" || size === 0) return body;
  try {
    return keys.codec.decompress(body, size);
  } catch {
    throw broken(place, "page does not decompress to its size");
  }
};

const openPage = (keys: ChunkKeys, bytes: Uint8Array, offset: number, page: number | undefined): OpenedPage => {
  const place = page === undefined ? keys.place : { ...keys.place, page };
  const type = page === undefined ? "dictionaryPage" : "dataPage";
  const ordinals = [keys.rowGroup, keys.ordinal, ...(page === undefined ? [] : [page])];
  const open = (moduleType: ModuleIdentity["type"], at: number) =>
    openModule({ ...keys, identity: { type: moduleType, ordinals }, bytes, offset: at, place });

  const head = open(`${type}Header`, offset);
  const header = parsing(place, () =>
    readPageHeader(readWholeStruct(head.plaintext), { nullable: keys.column.nullable, place }),
  );
  if (header.uncompressedSize > MAX_PAGE_BYTES)
    throw broken(place, `page has ${header.uncompressedSize} bytes, at most ${MAX_PAGE_BYTES}`);
  const sealed = open(type, head.end);
  if (sealed.end - head.end !== header.size)
    throw broken(place, `page has ${sealed.end - head.end} bytes, its header says ${header.size}`);
  const body = decompress(keys, sealed.plaintext, header.uncompressedSize, place);
  if (body.length !== header.uncompressedSize)
    throw broken(place, `page has ${body.length} bytes, its header says ${header.uncompressedSize}`);
  return { header, body, end: sealed.end };
};

const openDictionary = (keys: ChunkKeys, bytes: Uint8Array) => {
  const { header, body, end } = openPage(keys, bytes, 0, undefined);
  if (header.kind !== "dictionary" || header.rows > MAX_DICTIONARY) throw broken(keys.place, "dictionary page is none");
  return { dictionary: parsing(keys.place, () => readDictionary(keys.column.type, header.rows, body)), end };
};

/**
 * Decrypts and decodes a column chunk.
 *
 * @throws SealingError SEAL_BROKEN, SEAL_UNSUPPORTED
 */
export const readChunk = (keys: ChunkKeys, bytes: Uint8Array): ColumnVector => {
  const { layout, place, rows } = keys;
  if (bytes.length !== layout.length)
    throw broken(place, `chunk has ${bytes.length} bytes, its metadata says ${layout.length}`);
  const opened = layout.hasDictionary ? openDictionary(keys, bytes) : undefined;
  const builder = vectorBuilder({ ...keys.column, rows, dictionary: opened?.dictionary });
  let offset = opened?.end ?? 0;
  for (let page = 0; builder.rows() < rows; page++) {
    const at = { ...place, page };
    if (page >= MAX_ORDINALS) throw broken(at, `chunk has more than ${MAX_ORDINALS} pages`);
    const { header, body, end } = openPage(keys, bytes, offset, page);
    if (header.kind !== "data") throw broken(at, "page is not a data page");
    if ((header.encoding === "dictionary") !== layout.hasDictionary)
      throw unsupported(at, "chunk has pages with and without dictionary");
    if (header.rows === 0 || header.rows > rows - builder.rows())
      throw broken(at, `page has ${header.rows} rows, ${rows - builder.rows()} are left of its row group`);
    parsing(at, () => builder.add(header.rows, body));
    offset = end;
  }
  if (offset !== bytes.length) throw broken(place, `${bytes.length - offset} bytes follow the last page`);
  return builder.vector();
};
