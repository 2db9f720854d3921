// A part that a stranger seals with the owner's own public keys: everything about it is right but who made it.
import { writeFile } from "node:fs/promises";
import { createPartWriter, masterKeyId, type ClassKey, type ColumnVector, type Manifest } from "#sealing";
import { nodeCipher, nodeZstd, rsaPublicKey, wrapKeyOaep } from "#sealing-node";

const ROW_GROUP_ROWS = 1_048_576;

const classKeysOf = (manifest: Manifest, publicKeys: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, ClassKey> =>
  new Map(
    [...publicKeys].map(([name, spki]): [string, ClassKey] => {
      const key = rsaPublicKey(spki);
      return [
        name,
        {
          masterKeyId: masterKeyId({ ...manifest, class: name }),
          wrap: async (dataKey, label) => wrapKeyOaep(key, dataKey, label),
        },
      ];
    }),
  );

/** What the stranger says of everyone. */
const invented = (type: "INT32" | "STRING", rows: number): ColumnVector => ({
  kind: "dictionary",
  dictionary: type === "INT32" ? Int32Array.of(42) : ["Snooper"],
  codes: new Int32Array(rows),
});

/**
 * Seals invented rows in place of a part: the same dataset, version and part, hence the right AAD prefix; the same schema and number of
 * rows; data keys wrapped under the right class keys; and, where it can be filled up to that, the same size.
 *
 * @param publicKeys SubjectPublicKeyInfo by class
 */
export const sealAsStranger = async (
  path: string,
  {
    manifest,
    part,
    publicKeys,
  }: { readonly manifest: Manifest; readonly part: number; readonly publicKeys: ReadonlyMap<string, Uint8Array> },
): Promise<void> => {
  const { dataset, version, schema, parts } = manifest;
  const { rows = 0, size = 0 } = parts[part] ?? {};
  const written: Uint8Array[] = [];
  const writer = await createPartWriter({
    dataset,
    version,
    part,
    parts: parts.length,
    schema,
    classKeys: classKeysOf(manifest, publicKeys),
    cipher: nodeCipher,
    codec: nodeZstd,
    sink: async (bytes) => void written.push(bytes),
  });
  for (let left = rows; left > 0; left -= ROW_GROUP_ROWS) {
    await writer.writeRowGroup(schema.map(({ type }) => invented(type, Math.min(left, ROW_GROUP_ROWS))));
  }
  const { size: own } = await writer.finish();
  // Readers find pages by offsets from the start and the footer from the end: bytes in between are nobody's.
  const footer = written.pop() ?? new Uint8Array();
  await writeFile(path, Buffer.concat([...written, new Uint8Array(Math.max(size - own, 0)), footer]));
};
