// Which rows are in which group: FORMATS.md, section 7.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Grouping, Output } from "#contract";
import { createAggregation } from "../../../services/analytics/engine/index.ts";
import { aggregate, parties, repeat, type PlainRow } from "./row-groups.ts";

const everything = { minimum_group: 1 };
const byCountry: Output = { name: "list", group_by: ["country"], measures: ["count"] };
const listOf = (output: Output, rows: readonly PlainRow[]) =>
  aggregate({ as_of: 2026, outputs: [output], privacy: everything }, rows).outputs[output.name];

test("a row with an empty cell is in no group of that column", () => {
  const rows = [
    { party: "contoso", country: "Japan" },
    { party: "contoso", country: null },
    { party: "contoso", country: "" },
  ];
  assert.deepEqual(listOf(byCountry, rows), [{ country: "Japan", count: 1 }]);
});

test("a row with an empty cell of any of the columns is in no group", () => {
  const output: Output = { name: "list", group_by: ["country", "city"], measures: ["count"] };
  const rows = [
    { party: "contoso", country: "Japan", city: "Kyoto" },
    { party: "contoso", country: null, city: "Kyoto" },
    { party: "contoso", country: "Japan", city: null },
  ];
  assert.deepEqual(listOf(output, rows), [{ country: "Japan", city: "Kyoto", count: 1 }]);
});

test("a row without the measured cell is not counted", () => {
  const output: Output = { ...byCountry, of: "salary", measures: ["count", "share", "avg"] };
  const rows = [
    { party: "contoso", country: "Japan", salary: 10 },
    { party: "contoso", country: "Japan", salary: null },
    { party: "contoso", country: "Peru", salary: null },
  ];
  assert.deepEqual(listOf(output, rows), [{ country: "Japan", count: 1, share: 100, avg: 10 }]);
});

test("a row without a city is in its country and in no city", () => {
  const output: Output = { ...byCountry, within: { name: "cities", group_by: ["city"] } };
  const rows = [
    { party: "contoso", country: "Japan", city: "Kyoto" },
    { party: "contoso", country: "Japan", city: null },
  ];
  assert.deepEqual(listOf(output, rows), [{ country: "Japan", count: 2, cities: [{ city: "Kyoto", count: 1 }] }]);
});

test("cities of the same name are apart in different countries", () => {
  const output: Output = { ...byCountry, within: { name: "cities", group_by: ["city"] } };
  const rows = [
    ...repeat(2, { party: "contoso", country: "France", city: "Paris" }),
    { party: "fabrikam", country: "Texas", city: "Paris" },
  ];
  assert.deepEqual(listOf(output, rows), [
    { country: "France", count: 2, cities: [{ city: "Paris", count: 2 }] },
    { country: "Texas", count: 1, cities: [{ city: "Paris", count: 1 }] },
  ]);
});

test("values that look like words of the format or of the language are values", () => {
  const names = ["__proto__", "constructor", "hasOwnProperty", "null", "other", "party", "undefined"];
  const rows = names.map((country) => ({ party: "contoso", country }));
  assert.deepEqual(
    listOf(byCountry, rows),
    names.map((country) => ({ country, count: 1 })),
  );
});

test("groups are made of values, not of the codes of one dictionary", () => {
  const query = { outputs: [byCountry], privacy: everything };
  const aggregation = createAggregation({ query, parties, owningRecipients: [] });
  const add = (party: string, dictionary: readonly string[], codes: readonly number[]): void =>
    aggregation.addRowGroup(
      party,
      codes.length,
      new Map([["country", { kind: "dictionary", dictionary, codes: Int32Array.from(codes) }]]),
    );
  add("contoso", ["Japan", "Peru"], [0, 0, 1]);
  add("fabrikam", ["Peru", "Chad", "Japan"], [0, 1, 2, 0]);
  add("contoso", ["Chad", "Chad"], [0, 1, -1]);
  assert.deepEqual(aggregation.finish(), {
    rows: { contoso: 6, fabrikam: 4, northwind: 0 },
    outputs: {
      list: [
        { country: "Chad", count: 3 },
        { country: "Japan", count: 3 },
        { country: "Peru", count: 3 },
      ],
    },
    suppressed: {},
    other: {},
  });
});

test("a column of numbers is grouped by its numbers", () => {
  const rows = [
    { party: "contoso", age: 0 },
    ...repeat(2, { party: "fabrikam", age: -7 }),
    { party: "contoso", age: null },
  ];
  assert.deepEqual(listOf({ name: "list", group_by: ["age"], measures: ["count"] }, rows), [
    { age: -7, count: 2 },
    { age: 0, count: 1 },
  ]);
});

test("a generation is that of the birth year, whatever the age", () => {
  const bucket: Grouping = { bucket: "age", by: "generations", as: "generation" };
  const cases = [
    [1000, "Silent"],
    [2026 - 1945, "Silent"],
    [2026 - 1946, "Baby Boomers"],
    [2026 - 1964, "Baby Boomers"],
    [2026 - 1965, "Gen X"],
    [2026 - 1980, "Gen X"],
    [2026 - 1981, "Millennials"],
    [2026 - 1996, "Millennials"],
    [2026 - 1997, "Gen Z"],
    [2026 - 2012, "Gen Z"],
    [2026 - 2013, "Gen Alpha"],
    [0, "Gen Alpha"],
    [-5, "Gen Alpha"],
    [2 ** 31 - 1, "Silent"],
    [-(2 ** 31), "Gen Alpha"],
  ] as const;
  for (const [age, generation] of cases) {
    const list = listOf({ name: "list", group_by: [bucket], measures: ["count"] }, [{ party: "contoso", age }]);
    assert.deepEqual(list, [{ generation, count: 1 }], `age ${age}`);
  }
});

test("a generation is counted from the contract's year", () => {
  const bucket: Grouping = { bucket: "age", by: "generations", as: "generation" };
  const output: Output = { name: "list", group_by: [bucket], measures: ["count"] };
  const query = { as_of: 2000, outputs: [output], privacy: everything };
  assert.deepEqual(aggregate(query, [{ party: "contoso", age: 30 }]).outputs["list"], [
    { generation: "Gen X", count: 1 },
  ]);
});

test("a column is grouped by its values and by bucket in one query", () => {
  const outputs: readonly Output[] = [
    { name: "ages", group_by: ["age"], measures: ["count"] },
    { name: "generations", group_by: [{ bucket: "age", by: "generations", as: "generation" }], measures: ["count"] },
  ];
  assert.deepEqual(aggregate({ as_of: 2026, outputs, privacy: everything }, [{ party: "contoso", age: 30 }]).outputs, {
    ages: [{ age: 30, count: 1 }],
    generations: [{ generation: "Millennials", count: 1 }],
  });
});

test("no rows make empty lists", () => {
  const outputs: readonly Output[] = [
    byCountry,
    { name: "parties", of: "salary", group_by: ["party"], measures: ["avg"] },
  ];
  assert.deepEqual(aggregate({ outputs, privacy: everything }, []), {
    rows: { contoso: 0, fabrikam: 0, northwind: 0 },
    outputs: { list: [], parties: [] },
    suppressed: {},
    other: {},
  });
});
