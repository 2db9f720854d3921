// key_metadata of a footer or column: parquet-java's PKMT1 JSON, single wrapping, material inside the file.
import * as v from "valibot";
import { fromBase64, fromUtf8, toBase64, utf8 } from "./bytes.ts";
import { type SealPlace, unsupported } from "./errors.ts";

/** A data key as it stands in a file. */
export interface WrappedKey {
  /** The class key that wraps it: `<dataset>/<version>/<class>`. */
  readonly masterKeyId: string;
  /** RSA-OAEP of the data key. */
  readonly wrapped: Uint8Array;
}

const common = {
  keyMaterialType: v.literal("PKMT1"),
  internalStorage: v.literal(true),
  masterKeyID: v.string(),
  wrappedDEK: v.string(),
  doubleWrapping: v.literal(false),
};
const schemas = {
  footer: v.strictObject({
    ...common,
    isFooterKey: v.literal(true),
    kmsInstanceID: v.string(),
    kmsInstanceURL: v.string(),
  }),
  column: v.strictObject({ ...common, isFooterKey: v.literal(false) }),
};

/** Writes key_metadata. The KMS names of a footer key are parquet-java's words for "as configured". */
export const encodeKeyMetadata = (key: WrappedKey, use: "footer" | "column"): Uint8Array<ArrayBuffer> =>
  utf8(
    JSON.stringify({
      keyMaterialType: "PKMT1",
      internalStorage: true,
      isFooterKey: use === "footer",
      ...(use === "footer" ? { kmsInstanceID: "DEFAULT", kmsInstanceURL: "DEFAULT" } : {}),
      masterKeyID: key.masterKeyId,
      wrappedDEK: toBase64(key.wrapped),
      doubleWrapping: false,
    }),
  );

/**
 * Parses key_metadata.
 *
 * @throws SealingError SEAL_UNSUPPORTED: whoever parses it has authenticated it, so another form is not damage
 */
export const parseKeyMetadata = (bytes: Uint8Array, use: "footer" | "column", place: SealPlace): WrappedKey => {
  try {
    const parsed = v.parse(schemas[use], JSON.parse(fromUtf8(bytes)));
    return { masterKeyId: parsed.masterKeyID, wrapped: fromBase64(parsed.wrappedDEK) };
  } catch {
    throw unsupported(place, `key metadata of the ${use} is not PKMT1 with single wrapping`);
  }
};
