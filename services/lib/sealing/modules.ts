// Encrypted modules of Parquet Modular Encryption (parquet-format, Encryption.md sections 4.4 and 5.1):
// 4-byte little-endian length, 12-byte nonce, ciphertext, 16-byte tag. The length covers what follows it.
import { concat } from "./bytes.ts";
import type { Cipher } from "./cipher.ts";
import { broken, unsupported, type SealPlace } from "./errors.ts";

const LENGTH_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** What a module adds to its plaintext, in bytes. */
export const MODULE_OVERHEAD = LENGTH_BYTES + NONCE_BYTES + TAG_BYTES;

/** Module types and the ordinals in their AAD (Encryption.md section 4.4.1). */
const types = {
  footer: { code: 0, ordinals: 0 },
  columnMetaData: { code: 1, ordinals: 2 },
  dataPage: { code: 2, ordinals: 3 },
  dictionaryPage: { code: 3, ordinals: 2 },
  dataPageHeader: { code: 4, ordinals: 3 },
  dictionaryPageHeader: { code: 5, ordinals: 2 },
} as const;

/** What a module is and where it stands; all of it is authenticated. */
export interface ModuleIdentity {
  readonly type: keyof typeof types;
  /** Row group, column, page: as many as the type has. */
  readonly ordinals: readonly number[];
}

/** The AAD of a module: AAD prefix and file's unique bytes, type, ordinals as little-endian int16. */
export const moduleAad = (fileAad: Uint8Array, { type, ordinals }: ModuleIdentity): Uint8Array => {
  const { code, ordinals: wanted } = types[type];
  if (ordinals.length !== wanted) throw new RangeError(`${type} has ${wanted} ordinals, not ${ordinals.length}`);
  const suffix = new DataView(new ArrayBuffer(1 + 2 * ordinals.length));
  suffix.setUint8(0, code);
  for (const [index, ordinal] of ordinals.entries()) suffix.setInt16(1 + 2 * index, ordinal, true);
  return concat(fileAad, new Uint8Array(suffix.buffer));
};

/** Encrypts a module under a fresh nonce. */
export const sealModule = (options: {
  readonly cipher: Cipher;
  readonly key: Uint8Array;
  readonly fileAad: Uint8Array;
  readonly identity: ModuleIdentity;
  readonly plaintext: Uint8Array;
}): Uint8Array => {
  const { cipher, key, fileAad, identity, plaintext } = options;
  const nonce = cipher.randomBytes(NONCE_BYTES);
  const sealed = cipher.seal({ key, nonce, aad: moduleAad(fileAad, identity), bytes: plaintext });
  const length = new DataView(new ArrayBuffer(LENGTH_BYTES));
  length.setUint32(0, NONCE_BYTES + sealed.length, true);
  return concat(new Uint8Array(length.buffer), nonce, sealed);
};

/**
 * Throws unless a data key is 256 bits.
 *
 * @throws SealingError SEAL_UNSUPPORTED
 */
export const checkDataKey = (key: Uint8Array, place: SealPlace): void => {
  if (key.length !== KEY_BYTES) throw unsupported(place, `data key is ${key.length} bytes, want ${KEY_BYTES}`);
};

/**
 * Decrypts the module at an offset.
 *
 * @returns the plaintext and the offset after the module
 * @throws SealingError SEAL_BROKEN when the module is truncated, altered, elsewhere than it was sealed, or under another key
 */
export const openModule = (options: {
  readonly cipher: Cipher;
  readonly key: Uint8Array;
  readonly fileAad: Uint8Array;
  readonly identity: ModuleIdentity;
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly place: SealPlace;
}): { readonly plaintext: Uint8Array; readonly end: number } => {
  const { cipher, key, fileAad, identity, bytes, offset, place } = options;
  if (bytes.length - offset < MODULE_OVERHEAD) throw broken(place, `${identity.type} is truncated`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
  const start = offset + LENGTH_BYTES;
  const end = start + length;
  if (length < NONCE_BYTES + TAG_BYTES || end > bytes.length)
    throw broken(place, `${identity.type} has length ${length} of ${bytes.length - start} bytes`);
  try {
    const plaintext = cipher.open({
      key,
      nonce: bytes.subarray(start, start + NONCE_BYTES),
      aad: moduleAad(fileAad, identity),
      bytes: bytes.subarray(start + NONCE_BYTES, end),
    });
    return { plaintext, end };
  } catch {
    // Wrong key, wrong place and altered bytes are one case: GCM does not tell them apart.
    throw broken(place, `${identity.type} does not authenticate`);
  }
};
