// The end of a part: FileCryptoMetaData | encrypted FileMetaData | 4-byte length | magic. It is compared with the signed
// manifest before anything in it is believed: without that, anyone with the owner's public keys could seal a file of
// their own, and its wrapped keys would unwrap.
import { sha256, toHex } from "./bytes.ts";
import { broken, SealingError, unsupported, type SealPlace } from "./errors.ts";
import { parseKeyMetadata, type WrappedKey } from "./key-metadata.ts";
import type { Manifest } from "./manifest.ts";
import { aadPrefix, masterKeyId } from "./part-identity.ts";
import { FOOTER_CLASS } from "./schema.ts";
import { parsing } from "./sealed-chunk.ts";
import { openPart, type SealedPart, type UnlockOptions } from "./sealed-part.ts";
import { optionalBinary, optionalStruct, readStruct, structIn, type ThriftStruct } from "./thrift-reader.ts";

const TAIL_BYTES = 8;

/** A footer that is the one the manifest names; still encrypted. */
export interface SealedFooter {
  /** The wrapped data key of the footer. */
  readonly key: WrappedKey;
  /**
   * Decrypts the footer.
   *
   * @throws SealingError SEAL_BROKEN when the key is another's, SEAL_UNSUPPORTED
   */
  readonly unlock: (options: UnlockOptions) => SealedPart;
}

const checkTail = (bytes: Uint8Array, place: SealPlace): void => {
  if (bytes.length < TAIL_BYTES) throw broken(place, `footer has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(-4));
  if (magic === "PAR1") throw unsupported(place, "footer is not encrypted");
  if (magic !== "PARE") throw broken(place, "file does not end with PARE");
  const length = view.getUint32(bytes.length - TAIL_BYTES, true);
  if (length !== bytes.length - TAIL_BYTES)
    throw broken(place, `footer says it has ${length} bytes, it has ${bytes.length - TAIL_BYTES}`);
};

/** AES_GCM_V1 with a prefix that the reader supplies: the file's unique bytes, the other half of its AAD. */
const readAlgorithm = (algorithm: ThriftStruct, place: SealPlace): Uint8Array => {
  if (algorithm.has(2)) throw unsupported(place, "AES_GCM_CTR_V1 does not authenticate pages");
  const gcm = optionalStruct(algorithm, 1);
  if (gcm === undefined || algorithm.size !== 1) throw unsupported(place, "encryption algorithm is not AES_GCM_V1");
  if (gcm.has(1)) throw unsupported(place, "AAD prefix is stored in the file");
  if (gcm.get(3) !== true) throw unsupported(place, "file does not ask for an AAD prefix");
  const fileUnique = optionalBinary(gcm, 2);
  if (fileUnique === undefined || fileUnique.length < 8) throw unsupported(place, "file has no unique AAD");
  return fileUnique;
};

/**
 * Opens the footer of a part. First of all it is compared with the manifest; then the form of the file is checked.
 *
 * @param footerBytes the last `footer_length` bytes of the file
 * @param expected.manifest a manifest whose signature was verified
 * @param expected.part which of its parts
 * @throws SealingError MANIFEST_FOOTER_MISMATCH, SEAL_UNSUPPORTED, SEAL_BROKEN
 * @throws RangeError when the manifest has no such part
 */
export const openFooter = async (
  footerBytes: Uint8Array,
  expected: { readonly manifest: Manifest; readonly part: number },
): Promise<SealedFooter> => {
  const { manifest, part } = expected;
  const { dataset, version, parts } = manifest;
  const entry = parts[part];
  if (entry === undefined) throw new RangeError(`manifest has no part ${part}, only ${parts.length}`);
  // A copy, which slice of a Node Buffer is not: what is hashed must be what is parsed.
  const bytes = new Uint8Array(footerBytes);
  if (bytes.length !== entry.footer_length || toHex(await sha256(bytes)) !== entry.footer_sha256)
    throw new SealingError(
      "MANIFEST_FOOTER_MISMATCH",
      `${dataset}, part ${part}: footer is not the one that the manifest names`,
      { dataset, part },
    );
  const place = { dataset, part };
  checkTail(bytes, place);
  const { struct, end } = parsing(place, () => readStruct(bytes.subarray(0, bytes.length - TAIL_BYTES)));
  const fileUnique = parsing(place, () => readAlgorithm(structIn(struct, 1), place));
  const keyMetadata = parsing(place, () => optionalBinary(struct, 2));
  if (keyMetadata === undefined) throw unsupported(place, "footer key has no key metadata");
  const key = parseKeyMetadata(keyMetadata, "footer", place);
  const wanted = masterKeyId({ dataset, version, class: FOOTER_CLASS });
  if (key.masterKeyId !== wanted) throw broken(place, `master key is ${key.masterKeyId}, want ${wanted}`);
  const context = {
    dataset,
    version,
    columns: manifest.schema,
    rows: entry.rows,
    aadPrefix: aadPrefix({ dataset, version, part, parts: parts.length }),
    fileUnique,
    sealed: bytes.subarray(end, bytes.length - TAIL_BYTES),
    dataEnd: entry.size - entry.footer_length,
    place,
  };
  return { key, unlock: (options) => openPart(context, options) };
};
