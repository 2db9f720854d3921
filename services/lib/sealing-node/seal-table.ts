import { createHash, type KeyObject } from "node:crypto";
import { mkdir } from "node:fs/promises";
import {
  classesOf,
  createPartWriter,
  masterKeyId,
  parseColumns,
  SealingError,
  type ClassKey,
  type Column,
  type Manifest,
} from "#sealing";
import { cellColumn, type CellColumn } from "./cell-columns.ts";
import { writeFileWhole } from "./draft-file.ts";
import { nodeCipher, nodeZstd } from "./node-cipher.ts";
import { rsaPublicKey, wrapKeyOaep } from "./oaep.ts";

/** A table of text cells, and how it is to be sealed. */
export interface SealTableOptions {
  /** The rows, in order. Null and the empty text are missing cells. */
  readonly rows: AsyncIterable<readonly (string | null)[]> | Iterable<readonly (string | null)[]>;
  /** Names of the cells of a row: the columns of the schema, in any order. */
  readonly header: readonly string[];
  readonly schema: readonly Column[];
  /** `<party>/<name>`. */
  readonly dataset: string;
  readonly version: number;
  /** The RSA-3072 public key of each class and of `footer`: PEM, DER (SubjectPublicKeyInfo) or key object. */
  readonly classKeys: Readonly<Record<string, KeyObject | string | Uint8Array>>;
  /** Folder of the part `part-0.parquet`; made when it is not there. */
  readonly outFolder: string;
  /** Told now and then how many rows were taken. */
  readonly onProgress?: (rows: number) => void;
  /** Most rows of a row group: what is held in memory at once. @default 1_048_576 */
  readonly rowGroupRows?: number;
}

const PROGRESS_ROWS = 16_384;

/** The file name of a part. */
export const partFileName = (part: number): string => `part-${part}.parquet`;

const publicKeysOf = (options: SealTableOptions, schema: readonly Column[]): ReadonlyMap<string, KeyObject> =>
  new Map(
    classesOf(schema).map((name) => {
      const key = Object.hasOwn(options.classKeys, name) ? options.classKeys[name] : undefined;
      if (key === undefined) throw new SealingError("KEY_MALFORMED", `class ${name} has no key`);
      return [name, rsaPublicKey(key)];
    }),
  );

/** For each column of the schema the position of its cell in a row. */
const positionsOf = (schema: readonly Column[], header: readonly string[]): readonly number[] => {
  for (const [index, name] of header.entries())
    if (header.indexOf(name) !== index || !schema.some((column) => column.name === name))
      throw new SealingError("SCHEMA_INVALID", `header has ${JSON.stringify(name)} twice, or the schema has it not`);
  return schema.map(({ name }) => {
    const position = header.indexOf(name);
    if (position < 0) throw new SealingError("SCHEMA_INVALID", `header has no column ${name}`, { column: name });
    return position;
  });
};

const addRow = (
  cells: readonly (string | null)[],
  row: number,
  into: readonly { readonly column: CellColumn; readonly position: number }[],
): void => {
  if (cells.length !== into.length)
    throw new SealingError("VALUE_INVALID", `row ${row}: has ${cells.length} cells, want ${into.length}`, { row });
  for (const { column, position } of into) column.add(cells[position] ?? null, row);
};

/**
 * Seals a table into one part, holding one row group in memory. The part is there whole or not at all.
 *
 * @returns the payload of the manifest, which its owner still has to sign
 * @throws SealingError VALUE_INVALID naming row (from 1) and column of the first cell that does not fit the schema;
 *   SCHEMA_INVALID, KEY_MALFORMED
 */
export const sealTable = async (options: SealTableOptions): Promise<Manifest> => {
  const { dataset, version, outFolder, onProgress, rowGroupRows = 1_048_576 } = options;
  const schema = parseColumns(options.schema);
  const positions = positionsOf(schema, options.header);
  const publicKeys = publicKeysOf(options, schema);
  const classKeys = new Map(
    [...publicKeys].map(([name, key]): [string, ClassKey] => [
      name,
      {
        masterKeyId: masterKeyId({ dataset, version, class: name }),
        wrap: async (dataKey, label) => wrapKeyOaep(key, dataKey, label),
      },
    ]),
  );
  const gathered = schema.map((column, index) => ({ column: cellColumn(column), position: positions[index] ?? 0 }));
  await mkdir(outFolder, { recursive: true });
  const part = await writeFileWhole(outFolder, partFileName(0), async (sink) => {
    const writer = await createPartWriter({
      schema,
      dataset,
      version,
      part: 0,
      parts: 1,
      classKeys,
      cipher: nodeCipher,
      codec: nodeZstd,
      sink,
      rowGroupRows,
    });
    const flush = (): Promise<void> => writer.writeRowGroup(gathered.map(({ column }) => column.take()));
    let row = 0;
    for await (const cells of options.rows) {
      addRow(cells, ++row, gathered);
      if (row % rowGroupRows === 0) await flush();
      if (row % PROGRESS_ROWS === 0) onProgress?.(row);
    }
    await flush();
    onProgress?.(row);
    return writer.finish();
  });
  return {
    v: 1,
    dataset,
    version,
    schema,
    rows: part.rows,
    keys: Object.fromEntries(
      [...publicKeys].map(([name, key]) => [
        name,
        {
          master_key_id: masterKeyId({ dataset, version, class: name }),
          spki_sha256: createHash("sha256")
            .update(key.export({ format: "der", type: "spki" }))
            .digest("hex"),
        },
      ]),
    ),
    parts: [part],
  };
};
