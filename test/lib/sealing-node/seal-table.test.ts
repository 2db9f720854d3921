import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { encodeManifest, parseManifest, SealingError, verifyPart, type Column } from "#sealing";
import { partFileName, sealTable, spkiSha256Hex, unsealFile, type WithPrivateKey } from "#sealing-node";

const schema: readonly Column[] = [
  { name: "name", type: "STRING", nullable: false, class: "identity" },
  { name: "age", type: "INT32", nullable: true, class: "demographics" },
  { name: "city", type: "STRING", nullable: true, class: "demographics" },
];
const header = ["city", "name", "age"];
const pairs = Object.fromEntries(
  ["identity", "demographics", "footer"].map((name) => [name, generateKeyPairSync("rsa", { modulusLength: 3072 })]),
);
const publicKeys: Readonly<Record<string, KeyObject>> = Object.fromEntries(
  Object.entries(pairs).map(([name, pair]) => [name, pair.publicKey]),
);
const withPrivateKey: WithPrivateKey = (id, use) => {
  const pair = pairs[id.split("/").at(-1) ?? ""];
  return pair && use(pair.privateKey);
};
const folder = mkdtempSync(join(tmpdir(), "seal-table-"));
after(() => rmSync(folder, { recursive: true }));

async function* stream(rows: readonly (readonly (string | null)[])[]) {
  for (const row of rows) yield row;
}
const seal = (rows: readonly (readonly (string | null)[])[], name: string, more: object = {}) =>
  sealTable({
    rows: stream(rows),
    header,
    schema,
    dataset: "contoso/employees",
    version: 1,
    classKeys: publicKeys,
    outFolder: join(folder, name),
    ...more,
  });
const collect = async <T>(values: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
};

test("seals a table that its owner unseals, over several row groups", async () => {
  const rows = Array.from({ length: 25 }, (_, i) => [
    i % 3 === 0 ? "" : `city ${i % 2}`,
    `name ${i}`,
    i % 4 ? `${i - 9}` : null,
  ]);
  const progress: number[] = [];
  const manifest = await seal(rows, "several", { rowGroupRows: 10, onProgress: (done: number) => progress.push(done) });
  assert.deepEqual(parseManifest(encodeManifest(manifest)), manifest);
  assert.deepEqual(readdirSync(join(folder, "several")), ["part-0.parquet"]);
  const file = join(folder, "several", partFileName(0));
  const [part] = manifest.parts;
  assert.ok(part);
  await verifyPart(readFileSync(file), part);
  assert.deepEqual(
    await collect(unsealFile({ file, manifest, part: 0, withPrivateKey })),
    rows.map(([city, name, age]) => [name, age === null ? null : Number(age), city === "" ? null : city]),
  );
  assert.deepEqual(
    await collect(unsealFile({ file, manifest, part: 0, columns: ["age"], withPrivateKey })),
    rows.map(([, , age]) => [age === null ? null : Number(age)]),
  );
  assert.deepEqual(progress, [25]);
  const footerKey = publicKeys["footer"]?.export({ format: "der", type: "spki" }) ?? Buffer.alloc(0);
  assert.equal(manifest.keys["footer"]?.spki_sha256, spkiSha256Hex(footerKey));
});

test("seals a table without rows", async () => {
  const manifest = await seal([], "empty");
  const file = join(folder, "empty", partFileName(0));
  assert.deepEqual(await collect(unsealFile({ file, manifest, part: 0, withPrivateKey })), []);
});

test("shows no cell of the table in the file", async () => {
  await seal([["Trondheim", "Ada Lovelace", "36"]], "opaque");
  const bytes = readFileSync(join(folder, "opaque", partFileName(0))).toString("latin1");
  for (const word of ["Trondheim", "Ada Lovelace", "Lovelace"]) assert.equal(bytes.includes(word), false);
});

const invalid: readonly (readonly [cells: readonly (string | null)[], message: string])[] = [
  [["Oslo", "Ada", "abc"], "row 2, column age: not a whole number"],
  [["Oslo", "Ada", "1.5"], "row 2, column age: not a whole number"],
  [["Oslo", "Ada", "007"], "row 2, column age: not a whole number"],
  [["Oslo", "Ada", " 7"], "row 2, column age: not a whole number"],
  [["Oslo", "Ada", "1e3"], "row 2, column age: not a whole number"],
  [["Oslo", "Ada", "2147483648"], "row 2, column age: number is not between -2147483648 and 2147483647"],
  [["Oslo", "", "1"], "row 2, column name: cell is empty"],
  [["Oslo", null, "1"], "row 2, column name: cell is empty"],
  [["Oslo\uD800", "Ada", "1"], "row 2, column city: text has a lone surrogate"],
  [["Oslo", "Ada"], "row 2: has 2 cells, want 3"],
];
for (const [cells, message] of invalid)
  test(`refuses ${JSON.stringify(cells)}, names the place and not the value, and leaves nothing`, async () => {
    await assert.rejects(seal([["Oslo", "Bob", "-2147483648"], cells], "invalid"), (error) => {
      assert.ok(error instanceof SealingError);
      assert.equal(error.code, "VALUE_INVALID");
      assert.equal(error.message, message);
      assert.equal(error.data["row"], 2);
      return true;
    });
    assert.deepEqual(readdirSync(join(folder, "invalid")), []);
  });

test("leaves an earlier part as it was when sealing fails half-way", async () => {
  const manifest = await seal([["Oslo", "Bob", "1"]], "twice");
  const file = join(folder, "twice", partFileName(0));
  const before = readFileSync(file);
  const rows = Array.from({ length: 30 }, (_, i) => ["Oslo", "Bob", i === 29 ? "x" : "1"]);
  await assert.rejects(seal(rows, "twice", { rowGroupRows: 10 }), { code: "VALUE_INVALID" });
  assert.deepEqual(readdirSync(join(folder, "twice")), ["part-0.parquet"]);
  assert.deepEqual(readFileSync(file), before);
  assert.equal(manifest.rows, 1);
});

test("refuses a header that is not the schema's, and missing or weak class keys", async () => {
  for (const bad of [
    ["city", "name"],
    ["city", "name", "age", "age"],
    ["city", "name", "aged"],
  ])
    await assert.rejects(seal([], "header", { header: bad }), { code: "SCHEMA_INVALID" });
  const { identity: _, ...fewer } = publicKeys;
  await assert.rejects(seal([], "keys", { classKeys: fewer }), { code: "KEY_MALFORMED" });
  const weak = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
  await assert.rejects(seal([], "keys", { classKeys: { ...publicKeys, footer: weak } }), { code: "KEY_MALFORMED" });
});

test("refuses to unseal without the class key, with another's key, and a file cut short", async () => {
  const manifest = await seal([["Oslo", "Ada", "36"]], "refuse");
  const file = join(folder, "refuse", partFileName(0));
  const refuse = (with_: WithPrivateKey, path = file) =>
    collect(unsealFile({ file: path, manifest, part: 0, withPrivateKey: with_ }));
  await assert.rejects(
    refuse(() => undefined),
    { code: "KEY_UNWRAP_FAILED" },
  );
  const stranger = generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey;
  await assert.rejects(
    refuse((_, use) => use(stranger)),
    { code: "KEY_UNWRAP_FAILED" },
  );
  const cut = join(folder, "refuse", "cut");
  writeFileSync(cut, readFileSync(file).subarray(0, -1));
  await assert.rejects(refuse(withPrivateKey, cut), { code: "SEAL_BROKEN" });
});
