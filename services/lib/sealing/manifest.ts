// The manifest of a dataset version: what its owner signs. It names every part by size and digest, and the footer apart,
// so that a reader of column ranges can tell the owner's footer from a stranger's before it uses a key.
import * as v from "valibot";
import { fromUtf8, sha256, toHex, utf8 } from "./bytes.ts";
import { canonicalJson, parseCanonicalJson } from "./canonical-json.ts";
import { SealingError } from "./errors.ts";
import { masterKeyId } from "./part-identity.ts";
import { classesOf, columnsSchema, datasetSchema, type Column } from "./schema.ts";

/** DSSE payload type of a manifest. */
export const MANIFEST_TYPE = "application/vnd.sealmesh.manifest.v1+json";

/** One file of a dataset version. Sizes in bytes, digests in lower-case hex. */
export interface ManifestPart {
  readonly part: number;
  readonly size: number;
  readonly rows: number;
  /** SHA-256 of the whole file. */
  readonly sha256: string;
  /** Length of FileCryptoMetaData, encrypted footer, 4-byte length and magic: the end of the file. */
  readonly footer_length: number;
  /** SHA-256 of these bytes. */
  readonly footer_sha256: string;
}

/** A dataset version, as its owner signs it. Members are named as in the document. */
export interface Manifest {
  readonly v: 1;
  /** `<party>/<name>`. */
  readonly dataset: string;
  readonly version: number;
  readonly schema: readonly Column[];
  readonly rows: number;
  /** The class keys, by class. `footer` is one of them. */
  readonly keys: Readonly<Record<string, { readonly master_key_id: string; readonly spki_sha256: string }>>;
  readonly parts: readonly ManifestPart[];
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const manifestSchema = v.strictObject({
  v: v.literal(1),
  dataset: datasetSchema,
  version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  schema: columnsSchema,
  rows: count,
  keys: v.record(v.string(), v.strictObject({ master_key_id: v.string(), spki_sha256: digest })),
  parts: v.pipe(
    v.array(
      v.strictObject({
        part: count,
        size: count,
        rows: count,
        sha256: digest,
        footer_length: count,
        footer_sha256: digest,
      }),
    ),
    v.minLength(1),
    v.maxLength(100_000),
  ),
});

const malformed = (path: string, problem: string): SealingError =>
  new SealingError("MANIFEST_MALFORMED", `manifest ${path}: ${problem}`, { path });

const checkKeys = (manifest: Manifest): void => {
  const classes = classesOf(manifest.schema);
  for (const name of Object.keys(manifest.keys))
    if (!classes.includes(name)) throw malformed(`keys.${name}`, "no column is in this class");
  for (const name of classes) {
    const want = masterKeyId({ ...manifest, class: name });
    const seen = Object.hasOwn(manifest.keys, name) ? manifest.keys[name]?.master_key_id : undefined;
    if (seen !== want) throw malformed(`keys.${name}.master_key_id`, `is ${seen}, want ${want}`);
  }
};

const checkParts = ({ parts, rows }: Manifest): void => {
  for (const [index, entry] of parts.entries()) {
    if (entry.part !== index) throw malformed(`parts.${index}.part`, `is ${entry.part}, want ${index}`);
    // The leading magic is not part of the footer.
    if (entry.footer_length + 4 > entry.size)
      throw malformed(`parts.${index}.footer_length`, `is ${entry.footer_length} of ${entry.size} bytes`);
  }
  const sum = parts.reduce((total, entry) => total + entry.rows, 0);
  if (sum !== rows) throw malformed("rows", `is ${rows}, the parts have ${sum}`);
};

/**
 * Parses the payload of a manifest: canonical JSON, no unknown member, and consistent in itself.
 *
 * @throws SealingError MANIFEST_MALFORMED with the path of the member
 */
export const parseManifest = (bytes: Uint8Array): Manifest => {
  let value: unknown;
  try {
    value = parseCanonicalJson(fromUtf8(bytes));
  } catch (cause) {
    throw new SealingError("MANIFEST_MALFORMED", "manifest is not canonical json", { path: "" }, { cause });
  }
  const parsed = v.safeParse(manifestSchema, value);
  if (!parsed.success) throw malformed(v.getDotPath(parsed.issues[0]) ?? "", parsed.issues[0].message);
  checkKeys(parsed.output);
  checkParts(parsed.output);
  return parsed.output;
};

/** The payload of a manifest: its canonical JSON, the bytes that are signed. */
export const encodeManifest = (manifest: Manifest): Uint8Array<ArrayBuffer> => utf8(canonicalJson(manifest));

/** The digest by which a contract names a manifest: `sha256:<hex>` over the payload. */
export const manifestDigest = async (payload: Uint8Array): Promise<string> => `sha256:${toHex(await sha256(payload))}`;

/**
 * Throws unless a whole file is the one that the manifest names.
 *
 * @throws SealingError MANIFEST_PART_MISMATCH
 */
export const verifyPart = async (bytes: Uint8Array, entry: ManifestPart): Promise<void> => {
  if (bytes.length !== entry.size || toHex(await sha256(bytes)) !== entry.sha256)
    throw new SealingError("MANIFEST_PART_MISMATCH", `part ${entry.part} is not the file that the manifest names`, {
      part: entry.part,
    });
};
