// Bounds on both sides: the writer stays below what the reader allows, and the reader allocates nothing beyond.
import { SealingError } from "./errors.ts";

/** Ordinals of row groups, columns and pages are int16 in the AAD (Encryption.md section 4.4.2). */
export const MAX_ORDINALS = 32_767;
/** Bytes of a page, not compressed. */
export const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** A page of texts ends when it has this many bytes; also the most of a dictionary. */
export const TARGET_PAGE_BYTES = 16 * 1024 * 1024;
/** UTF-16 units of one text. */
export const MAX_TEXT_LENGTH = 1024 * 1024;
/** Entries of a dictionary; so codes have 16 bits at most. */
export const MAX_DICTIONARY = 65_536;
/** Rows of a row group. */
export const MAX_ROW_GROUP_ROWS = 16_777_216;

/**
 * Throws when something counts more than the format allows.
 *
 * @throws SealingError LIMIT_EXCEEDED
 */
export const checkLimit = (what: string, count: number, limit: number): void => {
  if (count > limit) throw new SealingError("LIMIT_EXCEEDED", `${what}: ${count}, at most ${limit}`, { count, limit });
};
