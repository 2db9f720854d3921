// What is measured of a group, and how it is rounded: FORMATS.md, section 7.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Measure, Output } from "#contract";
import { createAggregation } from "../../../services/analytics/engine/index.ts";
import { divideHalfToEven, percentHalfToEven } from "../../../services/analytics/engine/rounding.ts";
import { SmallestValues } from "../../../services/analytics/engine/smallest-values.ts";
import { aggregate, parties, repeat } from "./row-groups.ts";

const salaries: Output = {
  name: "list",
  of: "salary",
  group_by: ["country"],
  measures: ["count", "avg", "min", "max"],
};
const measured = (values: readonly (number | null)[], minimum_group: number, extremes?: "exact") =>
  aggregate(
    { outputs: [salaries], privacy: { minimum_group, ...(extremes === undefined ? {} : { extremes }) } },
    values.map((salary) => ({ party: "contoso", country: "Japan", salary })),
  ).outputs["list"];

test("a quotient is rounded half to even", () => {
  const cases = [
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [5n, 2n, 2n],
    [-1n, 2n, 0n],
    [-3n, 2n, -2n],
    [-5n, 2n, -2n],
    [7n, 3n, 2n],
    [8n, 3n, 3n],
    [-7n, 3n, -2n],
    [-8n, 3n, -3n],
    [0n, 7n, 0n],
    [2n ** 62n + 1n, 2n, 2n ** 61n],
    [2n ** 62n + 3n, 2n, 2n ** 61n + 2n],
  ] as const;
  for (const [numerator, denominator, quotient] of cases) {
    assert.equal(divideHalfToEven(numerator, denominator), quotient, `${numerator} / ${denominator}`);
  }
});

test("a percentage has one decimal, rounded half to even", () => {
  const cases = [
    [1, 3, 33.3],
    [2, 3, 66.7],
    [1, 2000, 0],
    [3, 2000, 0.2],
    [5, 2000, 0.2],
    [1999, 2000, 100],
    [1, 1, 100],
    [1, 1_000_000_000, 0],
  ] as const;
  for (const [part, whole, percent] of cases)
    assert.equal(percentHalfToEven(part, whole), percent, `${part} of ${whole}`);
});

test("every percentage prints with one decimal at most", () => {
  for (let tenths = 0; tenths <= 1000; tenths++) assert.match(String(percentHalfToEven(tenths, 1000)), /^\d+(\.\d)?$/);
});

test("a share is of all rows that are counted, withheld ones included", () => {
  const output: Output = { name: "list", group_by: ["country"], top: 1, measures: ["share"] };
  const rows = [
    ...repeat(4, { party: "contoso", country: "Japan" }),
    ...repeat(3, { party: "contoso", country: "Peru" }),
    { party: "contoso", country: "Chad" },
    ...repeat(8, { party: "contoso", country: null }),
  ];
  assert.deepEqual(aggregate({ outputs: [output], privacy: { minimum_group: 3 } }, rows).outputs["list"], [
    { country: "Japan", share: 50 },
  ]);
});

test("a share in a nested list is of the same rows as in the list around it", () => {
  const within = { name: "cities", group_by: ["city"] };
  const output: Output = { name: "list", group_by: ["country"], measures: ["share"], within };
  const rows = [
    { party: "contoso", country: "Japan", city: "Kyoto" },
    { party: "contoso", country: "Japan", city: "Nara" },
    ...repeat(2, { party: "contoso", country: "Peru", city: null }),
  ];
  assert.deepEqual(aggregate({ outputs: [output], privacy: { minimum_group: 1 } }, rows).outputs["list"], [
    {
      country: "Japan",
      share: 50,
      cities: [
        { city: "Kyoto", share: 25 },
        { city: "Nara", share: 25 },
      ],
    },
    { country: "Peru", share: 50, cities: [] },
  ]);
});

test("a salary of 0 is a value, an empty one is not", () => {
  assert.deepEqual(measured([0, 0, 9, null], 1), [{ country: "Japan", count: 3, avg: 3, min: 0, max: 9 }]);
});

test("negative numbers are numbers", () => {
  assert.deepEqual(measured([-5, -2, -2], 1), [{ country: "Japan", count: 3, avg: -3, min: -5, max: -2 }]);
});

test("min and max are the minimum_group-th smallest and largest", () => {
  const values = [70, 10, 60, 20, 50, 30, 40];
  assert.deepEqual(measured(values, 2), [{ country: "Japan", count: 7, avg: 40, min: 20, max: 60 }]);
  assert.deepEqual(measured(values, 3), [{ country: "Japan", count: 7, avg: 40, min: 30, max: 50 }]);
});

test("in a group of minimum_group rows min is the largest value and max the smallest", () => {
  assert.deepEqual(measured([10, 20, 60], 3), [{ country: "Japan", count: 3, avg: 30, min: 60, max: 10 }]);
});

test("equal values each have a place among the smallest and largest", () => {
  assert.deepEqual(measured([1, 1, 1, 5, 9, 9], 2), [{ country: "Japan", count: 6, avg: 4, min: 1, max: 9 }]);
});

test("min and max are exact where the contract says so, under the same threshold", () => {
  assert.deepEqual(measured([70, 10, 60, 20], 3, "exact"), [{ country: "Japan", count: 4, avg: 40, min: 10, max: 70 }]);
  assert.deepEqual(measured([70, 10], 3, "exact"), []);
});

test("other has all measures of its output", () => {
  const rows = [1, 2, 6].map((salary, index) => ({ party: "contoso", country: `country ${index}`, salary }));
  const query = { outputs: [salaries], privacy: { minimum_group: 2 } };
  assert.deepEqual(aggregate(query, rows).other, { list: { count: 3, avg: 3, min: 2, max: 2 } });
});

test("a sum beyond 2^53 is exact", () => {
  // 2^23 rows, of which one brings the quotient to a half or just above: doubles of that size are even.
  const rows = 2 ** 20;
  const output: Output = { name: "list", of: "salary", group_by: ["party"], measures: ["count", "avg"] };
  for (const [value, last, average] of [
    [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1],
    [-(2 ** 31), -(2 ** 31), -(2 ** 31)],
    [2 ** 31 - 1, 2 ** 31 - 2 ** 22, 2 ** 31 - 1],
    [2 ** 31 - 1, 2 ** 31 - 1 - 2 ** 22, 2 ** 31 - 2],
  ] as const) {
    const query = { outputs: [output], privacy: { minimum_group: 1 } };
    const aggregation = createAggregation({ query, parties, owningRecipients: [] });
    const values = new Int32Array(rows).fill(value);
    for (let group = 0; group < 8; group++) {
      if (group === 7) values[0] = last;
      aggregation.addRowGroup("contoso", rows, new Map([["salary", { kind: "int32", values, valid: null }]]));
    }
    assert.deepEqual(aggregation.finish().outputs["list"]?.[0], { party: null, count: 8 * rows, avg: average });
  }
});

test("the smallest values are those that sorting gives", () => {
  let state = 1;
  const values = Array.from({ length: 2000 }, () => (state = Math.imul(state, 1_103_515_245) + 12_345));
  const sorted = values.toSorted((a, b) => a - b);
  for (const limit of [1, 2, 3, 10, 999, 2000]) {
    const [left, right] = [new SmallestValues(limit), new SmallestValues(limit)];
    for (const [index, value] of values.entries()) (index % 3 === 0 ? left : right).add(value);
    left.addAll(right);
    assert.equal(left.last(), sorted[limit - 1]);
  }
  assert.equal(new SmallestValues(1).last(), undefined);
});

test("measures come as the contract lists them", () => {
  const measures: readonly Measure[] = ["max", "count"];
  const query = { outputs: [{ ...salaries, measures }], privacy: { minimum_group: 1 } };
  const [row] = aggregate(query, [{ party: "contoso", country: "Japan", salary: 4 }]).outputs["list"] ?? [];
  assert.deepEqual(Object.keys(row ?? {}), ["country", "max", "count"]);
});
