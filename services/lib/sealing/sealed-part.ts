import { concat, utf8 } from "./bytes.ts";
import type { Cipher, Codec } from "./cipher.ts";
import type { ColumnVector } from "./column-vector.ts";
import { broken, type SealPlace } from "./errors.ts";
import type { WrappedKey } from "./key-metadata.ts";
import { masterKeyId } from "./part-identity.ts";
import { checkDataKey, openModule } from "./modules.ts";
import { readChunkLayout, readPartMetadata, type PartMetadata } from "./part-metadata.ts";
import type { Column } from "./schema.ts";
import { parsing, readChunk } from "./sealed-chunk.ts";
import { readWholeStruct } from "./thrift-reader.ts";

/** A column of a part. */
export interface SealedColumn extends Column {
  /** Its wrapped data key; null in a part without rows. */
  readonly key: WrappedKey | null;
}

/** A column chunk whose place is known. */
export interface SealedChunk {
  /** Offset in the file of the bytes to fetch. */
  readonly offset: number;
  /** How many bytes to fetch. */
  readonly length: number;
  readonly rows: number;
  /**
   * Decrypts and decodes these bytes.
   *
   * @throws SealingError SEAL_BROKEN when they are not the chunk as it was sealed
   */
  readonly readChunk: (bytes: Uint8Array) => ColumnVector;
}

/** A part whose footer is open; its columns open one by one. */
export interface SealedPart {
  readonly columns: readonly SealedColumn[];
  readonly rowGroups: readonly { readonly rows: number }[];
  /**
   * Opens the metadata of one column chunk: where it lies is known only with the column's key.
   *
   * @param rowGroup ordinal from 0
   * @param key the column's 32-byte data key
   * @throws SealingError SEAL_BROKEN when the key is another's, SEAL_UNSUPPORTED
   * @throws RangeError when there is no such row group or column
   */
  readonly unlockColumn: (rowGroup: number, column: string, key: Uint8Array) => SealedChunk;
}

/** What a footer opens with. */
export interface UnlockOptions {
  /** The 32-byte data key of the footer. */
  readonly footerKey: Uint8Array;
  readonly cipher: Cipher;
  readonly codec: Codec;
}

/** What the manifest and FileCryptoMetaData say of a part. */
export interface FooterContext {
  readonly dataset: string;
  readonly version: number;
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly aadPrefix: string;
  readonly fileUnique: Uint8Array;
  /** Encrypted FileMetaData. */
  readonly sealed: Uint8Array;
  /** Offset in the file at which the footer begins. */
  readonly dataEnd: number;
  readonly place: SealPlace;
}

const checkClasses = (context: FooterContext, { keys }: PartMetadata): void => {
  for (const [index, key] of keys.entries()) {
    const column = context.columns[index];
    const want = column && masterKeyId({ ...context, class: column.class });
    if (key.masterKeyId !== want)
      throw broken({ ...context.place, column: column?.name ?? "" }, `master key is ${key.masterKeyId}, want ${want}`);
  }
};

/** Decrypts FileMetaData and checks it against the manifest. */
export const openPart = (context: FooterContext, { footerKey, cipher, codec }: UnlockOptions): SealedPart => {
  const { columns, place } = context;
  checkDataKey(footerKey, place);
  const fileAad = concat(utf8(context.aadPrefix), context.fileUnique);
  const identity = { type: "footer", ordinals: [] } as const;
  const { plaintext, end } = openModule({
    cipher,
    key: footerKey,
    fileAad,
    identity,
    bytes: context.sealed,
    offset: 0,
    place,
  });
  if (end !== context.sealed.length) throw broken(place, `${context.sealed.length - end} bytes follow the footer`);
  const metadata = parsing(place, () => readPartMetadata(readWholeStruct(plaintext), context));
  checkClasses(context, metadata);

  const unlockColumn = (rowGroup: number, name: string, key: Uint8Array): SealedChunk => {
    const group = metadata.rowGroups[rowGroup];
    const ordinal = columns.findIndex((column) => column.name === name);
    const column = columns[ordinal];
    const sealed = group?.sealedMetadata[ordinal];
    if (group === undefined || column === undefined || sealed === undefined)
      throw new RangeError(`part has no row group ${rowGroup} with column ${name}`);
    const at = { ...place, column: name, rowGroup };
    checkDataKey(key, at);
    const opened = openModule({
      cipher,
      key,
      fileAad,
      identity: { type: "columnMetaData", ordinals: [rowGroup, ordinal] },
      bytes: sealed,
      offset: 0,
      place: at,
    });
    if (opened.end !== sealed.length) throw broken(at, "bytes follow the column metadata");
    const { rows } = group;
    const layout = parsing(at, () =>
      readChunkLayout(readWholeStruct(opened.plaintext), { column, rows, dataEnd: context.dataEnd, place: at }),
    );
    const keys = { column, rowGroup, ordinal, rows, layout, key, fileAad, cipher, codec, place: at };
    return { offset: layout.offset, length: layout.length, rows, readChunk: (bytes) => readChunk(keys, bytes) };
  };

  return {
    columns: columns.map((column, index) => ({ ...column, key: metadata.keys[index] ?? null })),
    rowGroups: metadata.rowGroups.map(({ rows }) => ({ rows })),
    unlockColumn,
  };
};
