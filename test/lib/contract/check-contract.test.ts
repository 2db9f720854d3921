import assert from "node:assert/strict";
import { test } from "node:test";
import { checkContract, ContractError, parseContractYaml } from "#contract";
import { refusedFacts } from "./refused-facts.ts";
import { refusedQueries } from "./refused-queries.ts";
import { sampleYaml } from "./sample-contract.ts";

test("finds nothing wrong with the sample", () => {
  assert.deepEqual(checkContract(parseContractYaml(sampleYaml)), []);
});

test("accepts exact extremes, recipients' keys, AMD hardware and a nested bucket", () => {
  const amd = sampleYaml
    .replaceAll("[simulated]", "[Milan, Genoa]")
    .replace(/simulated_root: .*\n/, "")
    .replace("minimum_group: 3", "minimum_group: 3, extremes: exact")
    .replace("recipients: anyone", `recipients: [x25519:${"A".repeat(43)}]`)
    .replace(
      "within: { name: cities, group_by: [city]",
      "within: { name: ages, group_by: [{ bucket: age, by: generations, as: generation }]",
    );
  assert.equal(parseContractYaml(amd).simulated_root, undefined);
});

for (const [name, text, path, message] of [...refusedFacts, ...refusedQueries]) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => parseContractYaml(text),
      (error) => {
        assert.ok(error instanceof ContractError);
        assert.equal(error.code, "CONTRACT_MALFORMED");
        const found = error.data.problems.find((problem) => problem.path === path && message.test(problem.message));
        assert.ok(found, `want ${String(message)} at ${path}, got ${JSON.stringify(error.data.problems)}`);
        assert.ok((found.line ?? 0) >= 1 && (found.column ?? 0) >= 1);
        return true;
      },
    );
  });
}
