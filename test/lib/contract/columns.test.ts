import assert from "node:assert/strict";
import { test } from "node:test";
import { classOf, columnsOf, ownersOf, parseContractYaml, queryOf } from "#contract";
import { altered, sampleYaml } from "./sample-contract.ts";

const contract = parseContractYaml(sampleYaml);

test("owners are the parties with datasets, sorted", () => {
  assert.deepEqual(ownersOf(contract), ["contoso", "fabrikam"]);
});

test("the columns of a query are exactly those it groups by, buckets, measures or shows", () => {
  assert.deepEqual(columnsOf(queryOf(contract, "demographics")), ["age", "city", "country", "eye_color", "salary"]);
  assert.deepEqual(columnsOf(queryOf(contract, "own-records")), ["city", "favorite_color"]);
});

for (const [name, piece, replacement, gone] of [
  ["group_by", "group_by: [{ column: eye_color, as: value }]", "group_by: [country]", "eye_color"],
  ["a bucket", "{ bucket: age, by: generations, as: generation }", "country", "age"],
  ["within", ", within: { name: cities, group_by: [city], top: 3 }", "", "city"],
] as const) {
  test(`a column that is only in ${name} is released for it alone`, () => {
    const without = columnsOf(queryOf(parseContractYaml(altered(piece, replacement)), "demographics"));
    assert.ok(!without.includes(gone));
    assert.equal(without.length, 4);
  });
}

test("a column that is only measured is released too", () => {
  const text = altered(/ {6}- \{ name: salaries_by_country.*\n/, "").replace(/ {6}- \{ name: salaries,.*\n/, "");
  assert.ok(!columnsOf(queryOf(parseContractYaml(text), "demographics")).includes("salary"));
});

test("finds the class of a column, and nothing for what the contract does not list", () => {
  assert.equal(classOf(contract, "contoso/employees", "salary"), "finance");
  assert.equal(classOf(contract, "contoso/employees", "postal_code"), "identity");
  assert.equal(classOf(contract, "contoso/employees", "bonus"), undefined);
  assert.equal(classOf(contract, "contoso/other", "salary"), undefined);
  assert.equal(classOf(contract, "constructor", "name"), undefined);
});
