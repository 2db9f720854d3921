// The engine against a second, deliberately naive implementation of the same rules.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Grouping, Measure, Output } from "#contract";
import * as fc from "fast-check";
import type { AggregatedQuery } from "../../../services/analytics/engine/index.ts";
import { naiveAggregation } from "./naive-aggregation.ts";
import { aggregate, parties, type PlainRow } from "./row-groups.ts";

const text = fc.constantFrom(
  "Japan",
  "other",
  "null",
  "__proto__",
  "constructor",
  "\u{1F600}",
  "\uFF5E",
  "a",
  "B",
  "",
  null,
);
const number = fc.oneof(fc.constantFrom(0, 1, -1, 0, null, 2 ** 31 - 1, -(2 ** 31)), fc.integer({ min: -3, max: 5 }));
const row: fc.Arbitrary<PlainRow> = fc.record({
  party: fc.constantFrom(...parties),
  country: text,
  city: text,
  color: fc.constantFrom("red", "blue", null),
  age: fc.oneof(fc.integer({ min: -20, max: 160 }), fc.constant(null)),
  salary: number,
});

const generations: Grouping = { bucket: "age", by: "generations", as: "generation" };
const column = fc.constantFrom<Grouping>("country", "city", { column: "color", as: "value" }, "age", generations);
const groupBy = fc.uniqueArray(column, { maxLength: 3 });
const top = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
const output: fc.Arbitrary<Output> = fc
  .record({
    columns: groupBy,
    party: fc.constantFrom("first", "last", "no"),
    measured: fc.boolean(),
    top,
    within: fc.option(fc.record({ columns: fc.uniqueArray(column, { minLength: 1, maxLength: 2 }), top }), {
      nil: undefined,
    }),
  })
  .map(({ columns, party, measured, top, within }) => {
    const whole: readonly Measure[] = ["count", "share"];
    const group_by = party === "first" ? ["party", ...columns] : party === "last" ? [...columns, "party"] : columns;
    return {
      name: "list",
      group_by: group_by.length === 0 ? ["party"] : group_by,
      ...(measured ? { of: "salary", measures: [...whole, "avg", "min", "max"] as const } : { measures: whole }),
      ...(top === undefined ? {} : { top }),
      ...(within === undefined
        ? {}
        : {
            within: {
              name: "inner",
              group_by: within.columns,
              ...(within.top === undefined ? {} : { top: within.top }),
            },
          }),
    };
  });
const query: fc.Arbitrary<AggregatedQuery> = fc
  .record({
    outputs: fc.array(output, { minLength: 1, maxLength: 3 }),
    minimum_group: fc.integer({ min: 1, max: 5 }),
    exact: fc.boolean(),
  })
  .map(({ outputs, minimum_group, exact }) => ({
    as_of: 2026,
    outputs: outputs.map((output, index) => ({ ...output, name: `list${index}` })),
    privacy: { minimum_group, ...(exact ? { extremes: "exact" as const } : {}) },
  }));
const rows = fc.array(row, { maxLength: 120, size: "max" });
const recipients = fc.subarray([...parties], { maxLength: 2 });
const cutting = fc.record({ size: fc.integer({ min: 1, max: 50 }), reversed: fc.boolean() });

test("gives what the naive reference gives", () => {
  fc.assert(
    fc.property(query, rows, recipients, (query, rows, owningRecipients) => {
      assert.deepEqual(aggregate(query, rows, { owningRecipients }), naiveAggregation(query, rows, owningRecipients));
    }),
    { numRuns: 1500 },
  );
});

test("gives the same however rows are cut into row groups and in whichever order they come", () => {
  fc.assert(
    fc.property(query, rows, cutting, (query, rows, cutting) => {
      assert.equal(JSON.stringify(aggregate(query, rows, { cutting })), JSON.stringify(aggregate(query, rows)));
    }),
    { numRuns: 500 },
  );
});
