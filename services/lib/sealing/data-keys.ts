import type { Cipher } from "./cipher.ts";
import { SealingError } from "./errors.ts";
import { encodeKeyMetadata } from "./key-metadata.ts";
import { dataKeyLabel, masterKeyId, type PartIdentity } from "./part-identity.ts";
import { FOOTER_CLASS, type Column } from "./schema.ts";

/** The public half of a class key: wraps data keys, and can unwrap none. */
export interface ClassKey {
  /** `<dataset>/<version>/<class>`. */
  readonly masterKeyId: string;
  /** RSA-OAEP-SHA256 of a data key under the label. */
  readonly wrap: (dataKey: Uint8Array, label: string) => Promise<Uint8Array>;
}

/** A data key of the file being written, and how the file tells of it. */
export interface DataKey {
  readonly key: Uint8Array;
  readonly metadata: Uint8Array;
}

/** The data keys of the file being written. */
export interface DataKeys {
  readonly footer: DataKey;
  /** In the order of the columns. */
  readonly columns: readonly DataKey[];
}

const classKeyOf = (identity: PartIdentity, classKeys: ReadonlyMap<string, ClassKey>, className: string): ClassKey => {
  const found = classKeys.get(className);
  if (found === undefined) throw new SealingError("KEY_MALFORMED", `class ${className} has no key`);
  const want = masterKeyId({ ...identity, class: className });
  if (found.masterKeyId !== want)
    throw new SealingError("KEY_MALFORMED", `key of class ${className} is ${found.masterKeyId}, want ${want}`);
  return found;
};

/** Makes and wraps the data keys of one file: one for the footer, one for every column, all random. */
export const makeDataKeys = async (options: {
  readonly identity: PartIdentity;
  readonly columns: readonly Column[];
  readonly classKeys: ReadonlyMap<string, ClassKey>;
  readonly cipher: Cipher;
}): Promise<DataKeys> => {
  const { identity, columns, classKeys, cipher } = options;
  const make = async (className: string, column: string, use: "footer" | "column"): Promise<DataKey> => {
    const classKey = classKeyOf(identity, classKeys, className);
    const key = cipher.randomBytes(32);
    const label = dataKeyLabel({ masterKeyId: classKey.masterKeyId, part: identity.part, column });
    const wrapped = await classKey.wrap(key, label);
    return { key, metadata: encodeKeyMetadata({ masterKeyId: classKey.masterKeyId, wrapped }, use) };
  };
  return {
    footer: await make(FOOTER_CLASS, "footer", "footer"),
    columns: await Promise.all(columns.map((column) => make(column.class, column.name, "column"))),
  };
};
