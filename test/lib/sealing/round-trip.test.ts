import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SealingError, toCells, type Column, type ColumnVector } from "#sealing";
import { cellsSchema, readCells, readVectors, sealFixture, smallFixture } from "./sealed-fixture.ts";

const int32 = (values: readonly (number | null)[]): ColumnVector => ({
  kind: "int32",
  values: Int32Array.from(values, (value) => value ?? 0),
  valid: values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 0 : 1)) : null,
});
const text = (values: readonly (string | null)[]): ColumnVector => ({ kind: "string", values });
const column = (type: Column["type"], nullable: boolean, name = "value"): Column => ({
  name,
  type,
  nullable,
  class: "any",
});

const roundTrip = async (type: Column["type"], nullable: boolean, vector: ColumnVector, pageRows = 262_144) => {
  const sealed = await sealFixture({ schema: [column(type, nullable)], groups: [[vector]], pageRows });
  const [group] = await readVectors(sealed);
  const [read] = group ?? [];
  assert.ok(read !== undefined);
  assert.deepEqual(toCells(read), toCells(vector));
  return read.kind;
};

test("brings back missing, empty, negative, extreme and non-ASCII cells", async () => {
  await roundTrip("INT32", true, int32([null, 0, -1, 2_147_483_647, -2_147_483_648, null]));
  await roundTrip("STRING", true, text(["", null, "\uFEFFbom", "Zürich", "東京", "🦭", "a\0b", "", null]));
  await roundTrip("STRING", false, text(["", "é", "ascii"]));
});

test("brings back columns of nothing but missing cells, one row, and a part without rows", async () => {
  await roundTrip("INT32", true, int32([null, null, null]), 2);
  await roundTrip("STRING", true, text([null, null, null]), 2);
  await roundTrip("STRING", true, text(["one"]));
  const empty = await sealFixture({ schema: cellsSchema, groups: [[int32([]), text([]), int32([]), text([])]] });
  assert.deepEqual(await readCells(empty), []);
  assert.equal(empty.manifest.rows, 0);
});

test("brings back many pages in many row groups, in order", async () => {
  const groups = Array.from({ length: 4 }, (_, g) => [
    int32(Array.from({ length: 1000 }, (_, i) => (i % 17 === 0 ? null : g * 1000 + i))),
    text(Array.from({ length: 1000 }, (_, i) => (i % 5 === 0 ? null : `city ${i % 40}`))),
  ]);
  const schema = [column("INT32", true, "a"), column("STRING", true, "b")];
  const sealed = await sealFixture({ schema, groups, pageRows: 77 });
  assert.deepEqual(
    await readCells(sealed),
    groups.map((group) => group.map((vector) => toCells(vector))),
  );
});

const numbers = (distinct: number) => int32(Array.from({ length: 1000 }, (_, i) => i % distinct));
const texts = (distinct: number) => text(Array.from({ length: 1000 }, (_, i) => `t${i % distinct}`));

test("uses a dictionary for few values and none for many", async () => {
  assert.equal(await roundTrip("INT32", false, numbers(499)), "dictionary");
  assert.equal(await roundTrip("INT32", false, numbers(500)), "int32");
  assert.equal(await roundTrip("STRING", true, texts(499)), "dictionary");
  assert.equal(await roundTrip("STRING", true, texts(1000)), "string");
  const many = text(Array.from({ length: 140_000 }, (_, i) => `t${i % 65_537}`));
  assert.equal(await roundTrip("STRING", true, many), "string");
});

test("ends a page of long texts before it has 64 MiB", async () => {
  const long = text(Array.from({ length: 90 }, (_, i) => `${i}`.padEnd(1024 * 1024, "x")));
  assert.equal(await roundTrip("STRING", false, long), "string");
});

test("brings back any vectors (property)", async () => {
  const number = fc.option(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer()), { nil: null });
  const words = fc.option(fc.oneof(fc.constantFrom("", "a", "é"), fc.string({ unit: "grapheme", maxLength: 20 })), {
    nil: null,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(number, words), { maxLength: 70 }),
      fc.integer({ min: 1, max: 20 }),
      async (rows, pageRows) => {
        const schema = [column("INT32", true, "a"), column("STRING", true, "b")];
        const vectors = [int32(rows.map(([a]) => a)), text(rows.map(([, b]) => b))];
        const sealed = await sealFixture({ schema, groups: [vectors], pageRows });
        const read = await readCells(sealed);
        assert.deepEqual(read, rows.length === 0 ? [] : [vectors.map((vector) => toCells(vector))]);
      },
    ),
    { numRuns: 150 },
  );
});

const refuse = (schema: Column, vector: ColumnVector) =>
  assert.rejects(sealFixture({ schema: [schema], groups: [[vector]] }), { code: "VALUE_INVALID" });

test("refuses vectors that do not fit the schema", async () => {
  await refuse(column("INT32", false), int32([1, null]));
  await refuse(column("STRING", false), text(["a", null]));
  await refuse(column("INT32", true), text(["1"]));
  await refuse(column("STRING", true), text(["\uD800"]));
  await refuse(column("STRING", true), text(["x".repeat(1024 * 1024 + 1)]));
  await refuse(column("STRING", true), { kind: "dictionary", dictionary: ["a"], codes: Int32Array.of(0, 1) });
});

test("refuses a row group with more rows than it may have", async () => {
  await assert.rejects(
    sealFixture({ schema: [column("INT32", true)], groups: [[int32([1, 2, 3])]], rowGroupRows: 2 }),
    (error) => error instanceof SealingError && error.code === "LIMIT_EXCEEDED",
  );
});

test("refuses more pages than an int16 numbers", async () => {
  const values = new Int32Array(32_768).map((_, index) => index);
  await assert.rejects(
    sealFixture({
      schema: [column("INT32", false)],
      groups: [[{ kind: "int32", values, valid: null }]],
      pageRows: 1,
    }),
    { code: "LIMIT_EXCEEDED" },
  );
});

test("wraps another data key for every column and every file", async () => {
  const [first, second] = [await smallFixture(), await smallFixture()];
  const keys = [...first.keys.values(), ...second.keys.values()].map((key) => Buffer.from(key).toString("hex"));
  assert.equal(new Set(keys).size, 2 * (cellsSchema.length + 1));
});
