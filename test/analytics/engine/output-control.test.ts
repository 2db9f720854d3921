// What is named, what is folded, and in which order: FORMATS.md, section 7.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Output } from "#contract";
import { compareCodePoints } from "../../../services/analytics/engine/ranking.ts";
import { aggregate, repeat, type PlainRow } from "./row-groups.ts";

const byCountry: Output = { name: "countries", group_by: ["country"], measures: ["count"] };
const inCountry = (count: number, country: string, party = "contoso"): readonly PlainRow[] =>
  repeat(count, { party, country });
const inCities = (country: string, counts: Readonly<Record<string, number>>): readonly PlainRow[] =>
  Object.entries(counts).flatMap(([city, count]) => repeat(count, { party: "contoso", country, city }));
const run = (output: Output, rows: readonly PlainRow[], minimum_group = 3, owningRecipients: readonly string[] = []) =>
  aggregate({ outputs: [output], privacy: { minimum_group } }, rows, { owningRecipients });

test("a group under minimum_group is not named, and the output says that there is one", () => {
  const result = run(byCountry, [...inCountry(3, "Japan"), ...inCountry(2, "Peru")]);
  assert.deepEqual(result.outputs, { countries: [{ country: "Japan", count: 3 }] });
  assert.deepEqual(result.suppressed, { countries: true });
  assert.deepEqual(result.other, {});
});

test("groups under minimum_group are shown as one, if that has minimum_group rows", () => {
  const result = run(byCountry, [...inCountry(2, "Peru"), ...inCountry(3, "Japan"), ...inCountry(1, "Chad")]);
  assert.deepEqual(result.outputs, { countries: [{ country: "Japan", count: 3 }] });
  assert.deepEqual(result.other, { countries: { count: 3 } });
});

test("a minimum_group of 1 withholds nothing", () => {
  const result = run(byCountry, inCountry(1, "Peru"), 1);
  assert.deepEqual(result.outputs, { countries: [{ country: "Peru", count: 1 }] });
  assert.deepEqual(result.suppressed, {});
});

test("a country called other is apart from what is withheld", () => {
  const result = run(byCountry, [...inCountry(3, "other"), ...inCountry(2, "Peru"), ...inCountry(2, "Chad")]);
  assert.deepEqual(result.outputs, { countries: [{ country: "other", count: 3 }] });
  assert.deepEqual(result.other, { countries: { count: 4 } });
});

test("what top cuts off is neither suppressed nor in other", () => {
  const rows = [
    ...inCountry(5, "Japan"),
    ...inCountry(4, "Peru"),
    ...inCountry(3, "Chad"),
    ...inCountry(2, "Mali"),
    ...inCountry(1, "Fiji"),
  ];
  const result = run({ ...byCountry, top: 1 }, rows);
  assert.deepEqual(result.outputs, { countries: [{ country: "Japan", count: 5 }] });
  assert.deepEqual(result.other, { countries: { count: 3 } });
  assert.deepEqual(run({ ...byCountry, top: 1 }, rows, 1).suppressed, {});
});

test("groups under minimum_group are dropped before top is applied", () => {
  // With Contoso among the recipients its rows do not count, so that the largest group is one that is withheld.
  const rows = [...inCountry(9, "Japan"), ...inCountry(3, "Peru", "fabrikam")];
  const result = run({ ...byCountry, top: 1 }, rows, 3, ["contoso"]);
  assert.deepEqual(result.outputs, { countries: [{ country: "Peru", count: 3 }] });
});

test("rows of a recipient are in a count, but do not count towards minimum_group", () => {
  const rows = [
    ...inCountry(9, "Japan"),
    ...inCountry(2, "Japan", "fabrikam"),
    ...inCountry(1, "Peru"),
    ...inCountry(3, "Peru", "fabrikam"),
  ];
  const result = run(byCountry, rows, 3, ["contoso"]);
  assert.deepEqual(result.outputs, { countries: [{ country: "Peru", count: 4 }] });
  assert.deepEqual(result.suppressed, { countries: true });
  assert.deepEqual(run(byCountry, rows).outputs["countries"]?.[0], { country: "Japan", count: 11 });
});

test("rows of a recipient do not make other large enough", () => {
  const rows = [...inCountry(9, "Japan"), ...inCountry(1, "Japan", "fabrikam"), ...inCountry(1, "Peru", "fabrikam")];
  assert.deepEqual(run(byCountry, rows, 3, ["contoso"]).other, {});
  assert.deepEqual(run(byCountry, [...rows, ...inCountry(1, "Chad", "fabrikam")], 3, ["contoso"]).other, {
    countries: { count: 12 },
  });
});

test("a nested list has its own threshold, top and other, in groups that are shown only", () => {
  const within = { name: "cities", group_by: ["city"], top: 1 };
  const rows = [
    ...inCities("Japan", { Kyoto: 4, Tokyo: 3, Nara: 2, Kobe: 1 }),
    ...inCities("Peru", { Lima: 3, Cusco: 2 }),
    ...inCities("Chad", { Moundou: 3, Sarh: 1 }),
    ...inCities("Mali", { Bamako: 1, Mopti: 1 }),
  ];
  assert.deepEqual(run({ ...byCountry, top: 2, within }, rows), {
    rows: { contoso: 21, fabrikam: 0, northwind: 0 },
    outputs: {
      countries: [
        { country: "Japan", count: 10, cities: [{ city: "Kyoto", count: 4 }], other: { count: 3 } },
        { country: "Peru", count: 5, cities: [{ city: "Lima", count: 3 }] },
      ],
    },
    suppressed: { countries: true },
    other: {},
  });
});

test("a group that is withheld in a nested list marks its output only where the list is shown", () => {
  const within = { name: "cities", group_by: ["city"] };
  const rows = [
    ...repeat(4, { party: "contoso", country: "Japan", city: "Kyoto" }),
    ...repeat(3, { party: "contoso", country: "Peru", city: "Lima" }),
  ];
  const all = [...rows, { party: "contoso", country: "Peru", city: "Cusco" }, ...inCountry(1, "Japan")];
  assert.deepEqual(run({ ...byCountry, top: 2, within }, all).suppressed, { countries: true });
  assert.deepEqual(run({ ...byCountry, top: 1, within }, all).suppressed, {});
});

test("a list by party begins with all parties, then has the parties as in over, each with its own threshold and other", () => {
  const rows = [
    ...inCountry(3, "Japan"),
    ...inCountry(4, "Japan", "fabrikam"),
    ...inCountry(2, "Peru"),
    ...inCountry(1, "Peru", "fabrikam"),
    ...inCountry(2, "Chad"),
    ...inCountry(5, "Chad", "northwind"),
  ];
  const result = run({ ...byCountry, group_by: ["party", "country"], measures: ["count", "share"] }, rows);
  assert.deepEqual(result.outputs["countries"], [
    { party: null, country: "Chad", count: 7, share: 41.2 },
    { party: null, country: "Japan", count: 7, share: 41.2 },
    { party: null, country: "Peru", count: 3, share: 17.6 },
    { party: "contoso", country: "Japan", count: 3, share: 42.9 },
    { party: "fabrikam", country: "Japan", count: 4, share: 80 },
    { party: "northwind", country: "Chad", count: 5, share: 100 },
  ]);
  assert.deepEqual(result.other, { countries: [{ party: "contoso", count: 4, share: 57.1 }] });
  assert.deepEqual(result.suppressed, { countries: true });
});

test("a party whose rows are too few is not named either", () => {
  const result = run({ ...byCountry, group_by: ["party"] }, [
    ...inCountry(3, "Japan"),
    ...inCountry(2, "Japan", "fabrikam"),
  ]);
  assert.deepEqual(result.outputs["countries"], [
    { party: null, count: 5 },
    { party: "contoso", count: 3 },
  ]);
  assert.deepEqual(result.suppressed, { countries: true });
});

test("equal counts are ordered by code point: not by locale, not by UTF-16", () => {
  const ordered = ["B", "a", "\u00E9", "\uFF5E", "\u{10400}", "\u{1F600}"];
  const rows = ordered.toReversed().flatMap((country) => inCountry(3, country));
  assert.deepEqual(
    run(byCountry, rows).outputs["countries"]?.map(({ country }) => country),
    ordered,
  );
  assert.equal(compareCodePoints("a", "ab") < 0, true);
  assert.equal(compareCodePoints("", "") === 0, true);
});

test("equal counts of several columns are ordered by the first column first", () => {
  const pairs = [
    ["Chad", "Z"],
    ["Japan", "A"],
    ["Japan", "B"],
  ] as const;
  const rows = pairs.toReversed().flatMap(([country, city]) => repeat(3, { party: "contoso", country, city }));
  assert.deepEqual(
    run({ ...byCountry, group_by: ["country", "city"] }, rows).outputs["countries"],
    pairs.map(([country, city]) => ({ country, city, count: 3 })),
  );
});

test("top decides a tie by name", () => {
  const rows = ["Peru", "Chad", "Mali"].flatMap((country) => inCountry(3, country));
  assert.deepEqual(run({ ...byCountry, top: 2 }, rows).outputs["countries"], [
    { country: "Chad", count: 3 },
    { country: "Mali", count: 3 },
  ]);
});
