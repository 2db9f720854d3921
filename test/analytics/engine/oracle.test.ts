// The engine against Python's integers, fractions and sorting, on the contract's own query and more rows than a person reads.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import type { AggregatedQuery } from "../../../services/analytics/engine/index.ts";
import { aggregate, parties, type PlainRow } from "./row-groups.ts";

const ROWS = 10_000;

const query: AggregatedQuery = {
  as_of: 2026,
  outputs: [
    {
      name: "countries",
      group_by: ["country"],
      top: 10,
      within: { name: "cities", group_by: ["city"], top: 3 },
      measures: ["count"],
    },
    {
      name: "generations",
      group_by: ["party", { bucket: "age", by: "generations", as: "generation" }],
      measures: ["count", "share"],
    },
    { name: "salaries", of: "salary", group_by: ["party"], measures: ["count", "avg", "min", "max"] },
    { name: "salaries_by_country", of: "salary", group_by: ["country"], measures: ["count", "avg", "min", "max"] },
    { name: "colors", group_by: [{ column: "color", as: "value" }], measures: ["count"] },
    {
      name: "pairs",
      of: "salary",
      group_by: ["city", "party", "color"],
      measures: ["count", "share", "avg", "min", "max"],
    },
  ],
  privacy: { minimum_group: 3 },
};

/** Rows with many ties, rare values, empty cells, and salaries of which many are 0 and some negative. */
function randomRows(seed: number): readonly PlainRow[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  // The product of two draws makes some values common and some so rare that they are withheld.
  const name = (prefix: string, limit: number): string | null =>
    below(20) === 0 ? null : below(40) === 0 ? "" : `${prefix}${Math.floor((below(limit) * below(limit)) / limit)}`;
  return Array.from({ length: ROWS }, () => ({
    party: parties[below(parties.length)] ?? "contoso",
    country: name("\u{1F30D}country ", 60),
    city: name("city ", 40),
    color: name("\uFF5E", 5),
    age: below(15) === 0 ? null : below(180) - 10,
    salary: below(12) === 0 ? null : below(6) === 0 ? 0 : (below(4000) - 200) * (below(3) === 0 ? 500_000 : 100),
  }));
}

for (const [seed, privacy] of [
  [1, { minimum_group: 3 }],
  [2, { minimum_group: 1 }],
  [3, { minimum_group: 25, extremes: "exact" }],
  [4, { minimum_group: 40 }],
] as const) {
  test(`gives what Python gives on ${ROWS} rows with ${JSON.stringify(privacy)}`, (t) => {
    const rows = randomRows(seed);
    const names = ["party", "country", "city", "color", "age", "salary"];
    const columns = Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
    const input = JSON.stringify({ query: { ...query, privacy }, parties, columns });
    const oracle = join(import.meta.dirname, "oracle.py");
    const { error, status, stdout, stderr } = spawnSync("python3", [oracle], {
      input,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    if (error !== undefined && "code" in error && error.code === "ENOENT") {
      t.skip("skipped: python3 absent");
      return;
    }
    assert.equal(status, 0, stderr);
    const result = aggregate({ ...query, privacy }, rows, { cutting: { size: 977, reversed: seed % 2 === 0 } });
    assert.deepEqual(result, JSON.parse(stdout));
    if (privacy.minimum_group > 1)
      assert.ok(Object.keys(result.other).length > 0, "rows are rare enough to be withheld");
  });
}
