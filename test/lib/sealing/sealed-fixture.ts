// Seals parts in memory under real RSA class keys, and reads them back the way a service does.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  createPartWriter,
  masterKeyId,
  openFooter,
  toCells,
  type Cipher,
  type ClassKey,
  type Column,
  type ColumnVector,
  type Manifest,
  type PartIdentity,
  type SealedPart,
} from "#sealing";
import { nodeCipher, nodeZstd, wrapKeyOaep } from "#sealing-node";

export const classPair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } = generateKeyPairSync("rsa", {
  modulusLength: 3072,
});

export const cellsSchema: readonly Column[] = [
  { name: "age", type: "INT32", nullable: true, class: "demographics" },
  { name: "city", type: "STRING", nullable: true, class: "demographics" },
  { name: "salary", type: "INT32", nullable: false, class: "finance" },
  { name: "name", type: "STRING", nullable: false, class: "identity" },
];

export interface SealedFixture {
  readonly file: Uint8Array;
  readonly manifest: Manifest;
  readonly part: number;
  /** Data keys by column, and that of the footer. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

export const identity: PartIdentity = { dataset: "contoso/employees", version: 1, part: 0, parts: 1 };

export const sealFixture = async (options: {
  readonly schema: readonly Column[];
  readonly groups: readonly (readonly ColumnVector[])[];
  readonly identity?: PartIdentity;
  readonly pageRows?: number;
  readonly rowGroupRows?: number;
  readonly cipher?: Cipher;
}): Promise<SealedFixture> => {
  const who = options.identity ?? identity;
  const keys = new Map<string, Uint8Array>();
  const classKey = (name: string): [string, ClassKey] => [
    name,
    {
      masterKeyId: masterKeyId({ ...who, class: name }),
      wrap: async (dataKey, label) => {
        keys.set(label.split("/").at(-1) ?? "", Uint8Array.from(dataKey));
        return wrapKeyOaep(classPair.publicKey, dataKey, label);
      },
    },
  ];
  const classes = [...new Set(options.schema.map((column) => column.class)), "footer"];
  const pieces: Uint8Array[] = [];
  const writer = await createPartWriter({
    ...who,
    schema: options.schema,
    classKeys: new Map(classes.map(classKey)),
    cipher: options.cipher ?? nodeCipher,
    codec: nodeZstd,
    sink: async (bytes) => {
      pieces.push(Uint8Array.from(bytes));
    },
    ...(options.pageRows === undefined ? {} : { pageRows: options.pageRows }),
    ...(options.rowGroupRows === undefined ? {} : { rowGroupRows: options.rowGroupRows }),
  });
  for (const group of options.groups) await writer.writeRowGroup(group);
  const entry = await writer.finish();
  const other = { ...entry, rows: 0 };
  const parts = Array.from({ length: who.parts }, (_, part) => (part === who.part ? entry : { ...other, part }));
  const manifest: Manifest = {
    v: 1,
    dataset: who.dataset,
    version: who.version,
    schema: options.schema,
    rows: entry.rows,
    keys: Object.fromEntries(
      classes.map((name) => [
        name,
        { master_key_id: masterKeyId({ ...who, class: name }), spki_sha256: "0".repeat(64) },
      ]),
    ),
    parts,
  };
  return { file: Uint8Array.from(Buffer.concat(pieces)), manifest, part: who.part, keys };
};

const keyOf = (sealed: SealedFixture, name: string): Uint8Array => {
  const key = sealed.keys.get(name);
  if (key === undefined) throw new RangeError(`no key ${name}`);
  return key;
};

export const unlockFixture = async (sealed: SealedFixture, file = sealed.file): Promise<SealedPart> => {
  const entry = sealed.manifest.parts[sealed.part];
  if (entry === undefined) throw new RangeError("no such part");
  const footer = await openFooter(file.subarray(entry.size - entry.footer_length, entry.size), sealed);
  return footer.unlock({ footerKey: keyOf(sealed, "footer"), cipher: nodeCipher, codec: nodeZstd });
};

/** The vectors of every row group. */
export const readVectors = async (sealed: SealedFixture, file = sealed.file): Promise<ColumnVector[][]> => {
  const part = await unlockFixture(sealed, file);
  return part.rowGroups.map((_, rowGroup) =>
    part.columns.map(({ name }) => {
      const chunk = part.unlockColumn(rowGroup, name, keyOf(sealed, name));
      return chunk.readChunk(file.subarray(chunk.offset, chunk.offset + chunk.length));
    }),
  );
};

/** Every cell, as groups of columns. */
export const readCells = async (sealed: SealedFixture, file = sealed.file) =>
  (await readVectors(sealed, file)).map((group) => group.map((vector) => toCells(vector)));

const smallGroup = (seed: number): ColumnVector[] => [
  { kind: "int32", values: Int32Array.from({ length: 9 }, (_, i) => (i % 2) - seed), valid: null },
  { kind: "string", values: Array.from({ length: 9 }, (_, i) => (i % 4 === 3 ? null : `city ${i % 3}`)) },
  { kind: "int32", values: Int32Array.from({ length: 9 }, (_, i) => i * 1000 + seed), valid: null },
  { kind: "string", values: Array.from({ length: 9 }, (_, i) => `name ${seed} ${i}`) },
];

/** Two row groups of three small pages each: codes, zstd texts, plain numbers. */
export const smallFixture = (options: { readonly identity?: PartIdentity; readonly cipher?: Cipher } = {}) => {
  return sealFixture({ schema: cellsSchema, groups: [smallGroup(1), smallGroup(2)], pageRows: 3, ...options });
};
