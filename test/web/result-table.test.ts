import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import type { ResultDocument } from "#contract";
import { FieldKind, OutputSchemaSchema } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { tableOf } from "../../web/src/view/result-table.ts";

const document: ResultDocument = {
  type: "result",
  contract: `sha256:${"0".repeat(64)}`,
  query: "demographics",
  run: "0".repeat(32),
  rows: { contoso: 1234 },
  outputs: {
    countries: [{ country: "Norway", count: 1200, cities: [{ city: "Oslo", count: 12 }], other: { count: 4 } }],
    generations: [{ party: null, generation: "Gen X", count: 20, share: 40 }],
  },
  suppressed: { generations: true },
  other: { generations: [{ party: null, count: 4, share: 8.5 }] },
};

const countries = create(OutputSchemaSchema, {
  name: "countries",
  fields: [
    { name: "country", kind: FieldKind.DIMENSION },
    { name: "count", kind: FieldKind.COUNT },
  ],
  within: {
    name: "cities",
    fields: [
      { name: "city", kind: FieldKind.DIMENSION },
      { name: "count", kind: FieldKind.COUNT },
    ],
  },
});

const generations = create(OutputSchemaSchema, {
  name: "generations",
  fields: [
    { name: "party", kind: FieldKind.PARTY },
    { name: "generation", kind: FieldKind.DIMENSION },
    { name: "count", kind: FieldKind.COUNT },
    { name: "share", kind: FieldKind.PERCENT },
  ],
});

test("a nested list is one cell, with what its small groups have together", () => {
  const { columns, rows, isSuppressed } = tableOf(countries, document);
  assert.deepEqual(
    columns.map(({ title, isNumeric }) => [title, isNumeric]),
    [
      ["country", false],
      ["count", true],
      ["cities", false],
    ],
  );
  assert.deepEqual(rows, [{ kind: "group", cells: ["Norway", "1,200", "Oslo 12, other groups together 4"] }]);
  assert.equal(isSuppressed, false);
});

test("all parties together are called so, and small groups are marked and not named", () => {
  const { rows, isSuppressed } = tableOf(generations, document);
  assert.deepEqual(rows, [
    { kind: "group", cells: ["all", "Gen X", "20", "40.0 %"] },
    { kind: "other", cells: ["all", "other groups together", "4", "8.5 %"] },
  ]);
  assert.equal(isSuppressed, true);
});
