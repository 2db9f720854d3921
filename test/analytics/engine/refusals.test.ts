// What the engine refuses, what it leaves behind, and what it says its lists hold.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Output } from "#contract";
import type { ColumnVector } from "#sealing";
import {
  AggregationError,
  createAggregation,
  outputSchemas,
  type AggregatedQuery,
  type AggregationCode,
} from "../../../services/analytics/engine/index.ts";
import { grown } from "../../../services/analytics/engine/buffers.ts";
import {
  createMeasuredColumn,
  createValueDimension,
  MAXIMUM_GROUPS,
} from "../../../services/analytics/engine/columns.ts";
import { PairIndex } from "../../../services/analytics/engine/group-keys.ts";
import { SmallestValues } from "../../../services/analytics/engine/smallest-values.ts";
import { parties } from "./row-groups.ts";

const byCountry: Output = { name: "list", of: "salary", group_by: ["country"], measures: ["count", "avg", "min"] };
const query: AggregatedQuery = { outputs: [byCountry], privacy: { minimum_group: 1 } };
const start = (changed: Partial<AggregatedQuery> = {}) =>
  createAggregation({ query: { ...query, ...changed }, parties, owningRecipients: [] });
const refuses = (code: AggregationCode, act: () => void): void =>
  assert.throws(act, (error) => error instanceof AggregationError && error.code === code);

const texts = (...values: readonly (string | null)[]): ColumnVector => ({ kind: "string", values });
const numbers = (...values: readonly number[]): ColumnVector => ({
  kind: "int32",
  values: Int32Array.from(values),
  valid: null,
});
const coded = (dictionary: readonly string[] | Int32Array, ...codes: readonly number[]): ColumnVector => ({
  kind: "dictionary",
  dictionary,
  codes: Int32Array.from(codes),
});
const good = { country: texts("Japan"), salary: numbers(4) };

test("refuses a query that it cannot compute", () => {
  const cases: readonly Partial<AggregatedQuery>[] = [
    { privacy: { minimum_group: 0 } },
    { privacy: { minimum_group: 1.5 } },
    { privacy: { minimum_group: Number.NaN } },
    { outputs: [{ name: "list", group_by: ["country"], measures: ["avg"] }] },
    { outputs: [{ ...byCountry, within: { name: "inner", group_by: ["party"] } }] },
    { outputs: [{ ...byCountry, group_by: [{ bucket: "age", by: "generations", as: "generation" }] }] },
  ];
  for (const changed of cases) refuses("QUERY_UNSUPPORTED", () => start(changed));
});

test("refuses row groups that are not what the query needs", () => {
  const generations: Output = { ...byCountry, group_by: [{ bucket: "age", by: "generations", as: "generation" }] };
  const cases: readonly (readonly [
    AggregationCode,
    Readonly<Record<string, ColumnVector>>,
    Partial<AggregatedQuery>?,
  ])[] = [
    ["COLUMN_MISSING", { country: texts("Japan") }],
    ["COLUMN_MISSING", { salary: numbers(4) }],
    ["COLUMN_MALFORMED", { ...good, country: texts("Japan", "Peru") }],
    ["COLUMN_MALFORMED", { ...good, country: texts() }],
    ["COLUMN_MALFORMED", { ...good, country: coded(["Japan"], 0, 0) }],
    ["COLUMN_MALFORMED", { ...good, country: coded(["Japan"], 1) }],
    ["COLUMN_MALFORMED", { ...good, country: coded(["Japan"], -2) }],
    ["COLUMN_MALFORMED", { ...good, salary: numbers(4, 5) }],
    ["COLUMN_MALFORMED", { ...good, salary: { kind: "int32", values: Int32Array.of(4), valid: new Uint8Array(2) } }],
    ["COLUMN_MALFORMED", { ...good, salary: coded(Int32Array.of(4), 1) }],
    ["COLUMN_TYPE", { ...good, salary: texts("4") }],
    ["COLUMN_TYPE", { ...good, salary: coded(["4"], 0) }],
    ["COLUMN_TYPE", { ...good, age: texts("old") }, { as_of: 2026, outputs: [generations] }],
  ];
  for (const [code, columns, changed] of cases) {
    const aggregation = start(changed);
    refuses(code, () => aggregation.addRowGroup("contoso", 1, new Map(Object.entries(columns))));
  }
  refuses("PARTY_UNKNOWN", () => start().addRowGroup("woodgrove", 1, new Map(Object.entries(good))));
});

test("refuses more distinct values, and more combinations of values, than memory is meant for", () => {
  const side = Math.sqrt(MAXIMUM_GROUPS);
  const distinct: ColumnVector = {
    kind: "int32",
    values: Int32Array.from({ length: MAXIMUM_GROUPS + 1 }, (_, row) => row),
    valid: null,
  };
  refuses("GROUPS_LIMITED", () => void createValueDimension("age").encode(distinct, MAXIMUM_GROUPS + 1));
  const lefts = Int32Array.from({ length: MAXIMUM_GROUPS + 1 }, (_, row) => Math.floor(row / side));
  const rights = Int32Array.from({ length: MAXIMUM_GROUPS + 1 }, (_, row) => row % side);
  refuses("GROUPS_LIMITED", () => void new PairIndex().idsOf(lefts, rights, MAXIMUM_GROUPS + 1));
});

test("refuses a column that is text here and numbers there", () => {
  const aggregation = start();
  aggregation.addRowGroup("contoso", 1, new Map(Object.entries(good)));
  refuses("COLUMN_TYPE", () =>
    aggregation.addRowGroup("fabrikam", 1, new Map(Object.entries({ ...good, country: numbers(81) }))),
  );
});

test("gives no result after a row group that was refused", () => {
  const aggregation = start();
  aggregation.addRowGroup("contoso", 1, new Map(Object.entries(good)));
  refuses("COLUMN_MISSING", () => aggregation.addRowGroup("fabrikam", 1, new Map()));
  refuses("AGGREGATION_WIPED", () => aggregation.finish());
});

test("says nothing after it is wiped", () => {
  const aggregation = start();
  aggregation.addRowGroup("contoso", 1, new Map(Object.entries(good)));
  assert.deepEqual(aggregation.finish().outputs["list"], [{ country: "Japan", count: 1, avg: 4, min: 4 }]);
  aggregation.wipe();
  aggregation.wipe();
  refuses("AGGREGATION_WIPED", () => aggregation.finish());
  refuses("AGGREGATION_WIPED", () => aggregation.addRowGroup("contoso", 1, new Map(Object.entries(good))));
});

test("the result so far can be asked for more than once, and rows can follow", () => {
  const aggregation = start();
  aggregation.addRowGroup("contoso", 1, new Map(Object.entries(good)));
  assert.deepEqual(aggregation.finish(), aggregation.finish());
  aggregation.addRowGroup("fabrikam", 1, new Map(Object.entries({ ...good, salary: numbers(8) })));
  assert.deepEqual(aggregation.finish().outputs["list"], [{ country: "Japan", count: 2, avg: 6, min: 4 }]);
});

test("errors hold no cell", () => {
  const aggregation = start();
  assert.throws(
    () => aggregation.addRowGroup("contoso", 1, new Map(Object.entries({ ...good, salary: texts("secret") }))),
    (error) =>
      error instanceof AggregationError && !`${error.message} ${JSON.stringify(error.data)}`.includes("secret"),
  );
});

test("wiping overwrites the buffers, and growing overwrites what is outgrown", () => {
  const dimension = createValueDimension("country");
  const codes = dimension.encode(texts("Chad", "Japan"), 2);
  assert.deepEqual(codes, Int32Array.of(0, 1));
  dimension.wipe();
  assert.deepEqual(codes, Int32Array.of(0, 0));

  const column = createMeasuredColumn("salary");
  const { values } = column.read(coded(Int32Array.of(7, 9), 1, 0), 2);
  assert.deepEqual(values, Int32Array.of(9, 7));
  column.wipe();
  assert.deepEqual(values, Int32Array.of(0, 0));

  const small = Int32Array.of(5, 6);
  assert.deepEqual(
    grown(small, 3, (length) => new Int32Array(length)),
    Int32Array.of(5, 6, 0, 0),
  );
  assert.deepEqual(small, Int32Array.of(0, 0));

  const smallest = new SmallestValues(1);
  smallest.add(7);
  smallest.wipe();
  assert.equal(smallest.last(), undefined);
});

test("schemas name the members of rows in order", () => {
  const outputs: readonly Output[] = [
    {
      name: "countries",
      group_by: ["party", { column: "country", as: "land" }],
      within: { name: "cities", group_by: ["city"] },
      measures: ["count", "share"],
    },
    {
      name: "salaries",
      of: "salary",
      group_by: [{ bucket: "age", by: "generations", as: "generation" }],
      measures: ["avg", "min", "max"],
    },
  ];
  assert.deepEqual(outputSchemas({ outputs }), [
    {
      name: "countries",
      fields: [
        { name: "party", kind: "party" },
        { name: "land", kind: "dimension" },
        { name: "count", kind: "count" },
        { name: "share", kind: "percent" },
      ],
      within: {
        name: "cities",
        fields: [
          { name: "city", kind: "dimension" },
          { name: "count", kind: "count" },
          { name: "share", kind: "percent" },
        ],
      },
    },
    {
      name: "salaries",
      fields: [
        { name: "generation", kind: "dimension" },
        { name: "avg", kind: "integer" },
        { name: "min", kind: "integer" },
        { name: "max", kind: "integer" },
      ],
    },
  ]);
});
