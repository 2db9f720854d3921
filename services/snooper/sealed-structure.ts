// What the form of a sealed part tells without any key (Parquet Modular Encryption, Encryption.md sections 5.1 to 5.3): each encrypted
// module begins with its length in the clear, and FileCryptoMetaData names the class key of the footer.
import { open, type FileHandle } from "node:fs/promises";
import * as v from "valibot";
import { fromBase64, type WrappedKey } from "#sealing";

/** An encrypted module: 4-byte length, 12-byte nonce, ciphertext, 16-byte tag. */
export interface SealedModule {
  /** Of its length field. */
  readonly offset: number;
  /** Of all of it. */
  readonly length: number;
}

/** A part as a stranger sees it. */
export interface SealedStructure {
  readonly sizeBytes: number;
  /** Encrypted modules before the footer, in order; null when the bytes are not a chain of modules. */
  readonly modules: readonly SealedModule[] | null;
  /** Where the footer begins. */
  readonly footerOffset: number;
  /** What stands in the clear in the footer, and where; null when there is no key metadata. */
  readonly keyMetadata: (WrappedKey & { readonly from: number; readonly to: number }) | null;
  /** Why a reader of plain Parquet refuses the file; null when it would not. */
  readonly notPlain: string | null;
}

const MAGIC_BYTES = 4;
const TAIL_BYTES = 8;
const LENGTH_BYTES = 4;
const LEAST_MODULE_BYTES = 12 + 16;
const MOST_FOOTER_BYTES = 64 * 1024 * 1024;
/** `version`, the first field of FileMetaData: field 1, an i32, in Thrift's compact protocol. */
const PLAIN_FOOTER_START = 0x15;

const keyMetadataSchema = v.object({
  keyMaterialType: v.literal("PKMT1"),
  masterKeyID: v.string(),
  wrappedDEK: v.string(),
});

const readAt = async (file: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
};

const walkModules = async (file: FileHandle, end: number): Promise<readonly SealedModule[] | null> => {
  const modules: SealedModule[] = [];
  for (let offset = MAGIC_BYTES; offset < end;) {
    const head = await readAt(file, offset, LENGTH_BYTES);
    const length = head.length < LENGTH_BYTES ? 0 : head.readUInt32LE();
    if (length < LEAST_MODULE_BYTES || offset + LENGTH_BYTES + length > end) return null;
    modules.push({ offset, length: LENGTH_BYTES + length });
    offset += LENGTH_BYTES + length;
  }
  return modules;
};

const findKeyMetadata = (footer: Buffer, footerOffset: number): SealedStructure["keyMetadata"] => {
  const from = footer.indexOf('{"keyMaterialType"');
  // PKMT1 with single wrapping has no nested object.
  const to = footer.indexOf("}", from) + 1;
  if (from < 0 || to === 0) return null;
  try {
    const { masterKeyID, wrappedDEK } = v.parse(keyMetadataSchema, JSON.parse(footer.toString("utf8", from, to)));
    return {
      masterKeyId: masterKeyID,
      wrapped: fromBase64(wrappedDEK),
      from: footerOffset + from,
      to: footerOffset + to,
    };
  } catch {
    return null; // not the JSON that it looked like
  }
};

const plainProblem = (head: Buffer, tail: Buffer, footer: Buffer): string | null => {
  const magics = [head.toString("latin1", 0, MAGIC_BYTES), tail.toString("latin1", LENGTH_BYTES)];
  if (magics.includes("PAR1")) return null;
  if (footer[0] === PLAIN_FOOTER_START) return null;
  const first = footer[0] === undefined ? "nothing" : `0x${footer[0].toString(16).padStart(2, "0")}`;
  return `magic is ${JSON.stringify(magics[0])} and ${JSON.stringify(magics[1])}, not "PAR1", and the footer begins with ${first}, which is no FileMetaData`;
};

/** Looks at the form of a stored part. */
export const readStructure = async (path: string): Promise<SealedStructure> => {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const [head, tail] = [
      await readAt(file, 0, MAGIC_BYTES),
      await readAt(file, Math.max(size - TAIL_BYTES, 0), TAIL_BYTES),
    ];
    const said = tail.length < TAIL_BYTES ? 0 : tail.readUInt32LE();
    const footerLength = Math.min(said, MOST_FOOTER_BYTES, Math.max(size - TAIL_BYTES - MAGIC_BYTES, 0));
    const footerOffset = Math.max(size - TAIL_BYTES - footerLength, 0);
    const footer = await readAt(file, footerOffset, footerLength);
    return {
      sizeBytes: size,
      modules: await walkModules(file, footerOffset),
      footerOffset,
      keyMetadata: findKeyMetadata(footer, footerOffset),
      notPlain: plainProblem(head, tail, footer),
    };
  } finally {
    await file.close();
  }
};

/**
 * The modules that hold pages: each follows its header.
 *
 * A chunk is a dictionary page header and page, if it has one, then data page headers and pages.
 */
export const pagesOf = (modules: readonly SealedModule[]): readonly SealedModule[] =>
  modules.filter((_, index) => index % 2 === 1);
