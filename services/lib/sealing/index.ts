// Sealed datasets: encrypted Parquet, the manifest its owner signs, and signed statements. Bytes in, values out: no Node.
export { fromBase64, fromBase64Url, fromHex, fromUtf8, sha256, toBase64, toBase64Url, toHex, utf8 } from "./bytes.ts";
export { canonicalJson, parseCanonicalJson } from "./canonical-json.ts";
export { toCells, toPlain } from "./column-vector.ts";
export { addSignature, parseEnvelope, signEnvelope, verifyEnvelope } from "./dsse.ts";
export { ed25519KeyOf, ed25519TextOf, verifyEd25519 } from "./ed25519.ts";
export { SealingError } from "./errors.ts";
export { MAX_DICTIONARY, MAX_TEXT_LENGTH } from "./limits.ts";
export { encodeManifest, MANIFEST_TYPE, manifestDigest, parseManifest, verifyPart } from "./manifest.ts";
export { aadPrefix, dataKeyLabel, masterKeyId } from "./part-identity.ts";
export { createPartWriter } from "./part-writer.ts";
export { classesOf, FOOTER_CLASS, parseColumns } from "./schema.ts";
export { openFooter } from "./sealed-footer.ts";

export type { Cipher, CipherInput, Codec, RunningDigest } from "./cipher.ts";
export type { ColumnVector, DictionaryVector, PlainVector } from "./column-vector.ts";
export type { ClassKey } from "./data-keys.ts";
export type { Envelope, EnvelopeRequirement, EnvelopeSigner } from "./dsse.ts";
export type { SealingCode, SealPlace } from "./errors.ts";
export type { WrappedKey } from "./key-metadata.ts";
export type { Manifest, ManifestPart } from "./manifest.ts";
export type { PartIdentity } from "./part-identity.ts";
export type { PartWriter, PartWriterOptions } from "./part-writer.ts";
export type { Column } from "./schema.ts";
export type { SealedFooter } from "./sealed-footer.ts";
export type { SealedChunk, SealedColumn, SealedPart, UnlockOptions } from "./sealed-part.ts";
