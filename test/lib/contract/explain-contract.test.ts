import assert from "node:assert/strict";
import { test } from "node:test";
import { describeQuery, explainContract, explainSections, parseContractYaml, queryOf } from "#contract";
import { altered, digest, sampleYaml } from "./sample-contract.ts";

const explained = (text: string) => explainContract(parseContractYaml(text)).map((line) => line.trim());
const lines = explained(sampleYaml);
const amd = sampleYaml.replace(/simulated_root: .*\n/, "").replaceAll("[simulated]", "[Milan, Genoa]");

for (const sentence of [
  "contract partner-demographics, version 1",
  "contoso lets woodgrove/analytics and its own contoso/provider compute on contoso/employees",
  "fabrikam lets woodgrove/analytics compute on fabrikam/customers",
  "binds when every owner has signed: contoso and fabrikam",
  "valid from 2026-11-24T10:00:00Z until 2027-11-24T10:00:00Z, by each broker's clock",
  `HARDWARE IS SIMULATED: nothing protects the memory of the workloads; evidence is under the simulated root ${digest("0")}, not AMD's`,
  "run by woodgrove/analytics: one measured program on one measured runtime, and nothing else gets the keys",
  "reads age, city, country, eye_color and salary of contoso/employees and fabrikam/customers",
  "countries: the count of rows by country, the 10 largest; and in each of these by city, the 3 largest, as cities",
  "generations: the count of rows and their share in percent by party and generation (from age), and over all parties together",
  "groups of fewer than 3 rows are not named; a threshold is not anonymity",
  "min and max of salary are the 3rd smallest and largest; in groups of fewer than 5 rows they cross and can be the extreme person's",
  "recipients: anyone: the result is public",
  "each broker releases data keys of age, city, country, eye_color and salary and of the footer, for this version of the dataset and no other column",
  "a key vault behind a broker releases the key of the whole class instead, because it can do no other; the log says which was done",
  "counts the rows of contoso/employees and shows the first row, one person's, exactly as it is: city and favorite_color",
  "stays sealed, even inside the workload: name (identity), phone (identity), address (identity), postal_code (identity) and favorite_color (demographics)",
]) {
  test(`says: ${sentence}`, () => assert.ok(lines.includes(sentence), lines.join("\n")));
}

test("does not speak of one person's exact salary where the contract does not allow it", () => {
  assert.ok(!lines.some((line) => line.includes("exact salary")));
});

test("exact extremes show one person's exact salary, and so does a minimum group of 1", () => {
  const sentence = "min and max of salary: shows one person's exact salary";
  assert.ok(explained(altered("minimum_group: 3", "minimum_group: 3, extremes: exact")).includes(sentence));
  const alone = explained(altered("minimum_group: 3", "minimum_group: 1"));
  assert.ok(alone.includes(sentence));
  assert.ok(alone.includes("minimum group 1: a group can be one person, and is shown"));
});

test("AMD hardware is named, and nothing is called simulated", () => {
  const real = explained(amd);
  assert.ok(real.includes("hardware: AMD SEV-SNP (Milan and Genoa), under AMD's own root"));
  assert.ok(!real.some((line) => /simulated/i.test(line)));
});

test("an owner whose data no query is over gives nothing", () => {
  const text = altered("over: [contoso/employees, fabrikam/customers]", "over: [contoso/employees]");
  assert.ok(explained(text).includes("fabrikam gives nothing: no query is over fabrikam/customers"));
  const dataset = explainSections(parseContractYaml(text)).find(
    ({ heading }) => heading === "dataset fabrikam/customers",
  );
  assert.equal(dataset?.lines[0], "opened inside the workload: nothing");
});

test("every column of every dataset is either opened or sealed, and none is both", () => {
  const contract = parseContractYaml(sampleYaml);
  for (const [name, { classes }] of Object.entries(contract.datasets)) {
    const section = explainSections(contract).find(({ heading }) => heading === `dataset ${name}`);
    const [opened = "", sealed = ""] = section?.lines ?? [];
    for (const column of Object.values(classes).flat()) {
      const word = new RegExp(`\\b${column} \\(`);
      assert.notEqual(word.test(opened), word.test(sealed), column);
    }
  }
});

test("named recipients are named", () => {
  const key = `x25519:${"A".repeat(43)}`;
  const query = queryOf(parseContractYaml(altered("recipients: anyone", `recipients: [${key}]`)), "demographics");
  assert.equal(describeQuery(query).at(-1), `recipients: whoever holds one of 1 keys: ${key}`);
});

test("ordinals are English", () => {
  for (const [minimum, ordinal] of [
    [2, "2nd"],
    [11, "11th"],
    [21, "21st"],
    [112, "112th"],
    [103, "103rd"],
  ] as const) {
    const query = queryOf(parseContractYaml(altered("minimum_group: 3", `minimum_group: ${minimum}`)), "demographics");
    assert.ok(
      describeQuery(query).some((line) => line.includes(` the ${ordinal} smallest`)),
      ordinal,
    );
  }
});
