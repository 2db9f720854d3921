import assert from "node:assert/strict";
import { test } from "node:test";
import { authorityOf, evaluatePolicy, parseContractYaml, parseReleasePolicy, releasePolicy } from "#contract";
import { digest, sampleYaml } from "./sample-contract.ts";

const ISSUER = "https://broker.contoso.example";
const simulated = parseContractYaml(sampleYaml);
const amd = parseContractYaml(
  sampleYaml
    .replace(/simulated_root: .*\n/, "")
    .replaceAll("[simulated]", "[Milan, Genoa]")
    .replace(`["${digest("1")}"]`, `["${digest("1")}", "${digest("2")}"]`),
);

test("makes the policy of the formats, byte for byte, for simulated hardware", () => {
  assert.equal(
    JSON.stringify(releasePolicy(simulated, "demographics", ISSUER)),
    `{"version":"1.0.0","anyOf":[{"authority":"https://broker.contoso.example/simulated","allOf":[` +
      `{"claim":"x-ms-attestation-type","equals":"sevsnpvm"},{"claim":"x-sealmesh-hardware-root","equals":"simulated"},` +
      `{"claim":"x-ms-sevsnpvm-is-debuggable","equals":"false"},{"claim":"x-ms-sevsnpvm-migration-allowed","equals":"false"},{"claim":"x-ms-sevsnpvm-vmpl","equals":"0"},` +
      `{"anyOf":[{"claim":"x-ms-sevsnpvm-hostdata","equals":"${"1".repeat(64)}"}]},{"anyOf":[{"claim":"x-ms-sevsnpvm-launchmeasurement","equals":"${"5".repeat(96)}"}]}]}]}`,
  );
});

test("for AMD hardware names the products, and every accepted measurement", () => {
  const [authority] = releasePolicy(amd, "demographics", ISSUER).anyOf;
  assert.equal(authority?.authority, ISSUER);
  assert.deepEqual(authority?.allOf?.slice(1, 2), [{ claim: "x-sealmesh-hardware-root", equals: "amd" }]);
  assert.deepEqual(authority?.allOf?.slice(5), [
    {
      anyOf: [
        { claim: "x-ms-sevsnpvm-hostdata", equals: "1".repeat(64) },
        { claim: "x-ms-sevsnpvm-hostdata", equals: "2".repeat(64) },
      ],
    },
    { anyOf: [{ claim: "x-ms-sevsnpvm-launchmeasurement", equals: "5".repeat(96) }] },
    {
      anyOf: [
        { claim: "x-sealmesh-product", equals: "Milan" },
        { claim: "x-sealmesh-product", equals: "Genoa" },
      ],
    },
  ]);
});

test("its policies parse as Azure Key Vault's", () => {
  for (const contract of [simulated, amd]) {
    const policy = releasePolicy(contract, "demographics", ISSUER);
    assert.deepEqual(parseReleasePolicy(JSON.stringify(policy)), policy);
  }
});

const genuine = {
  iss: authorityOf(ISSUER, "simulated"),
  "x-ms-attestation-type": "sevsnpvm",
  "x-sealmesh-hardware-root": "simulated",
  "x-ms-sevsnpvm-is-debuggable": false,
  "x-ms-sevsnpvm-migration-allowed": false,
  "x-ms-sevsnpvm-vmpl": 0,
  "x-ms-sevsnpvm-hostdata": "1".repeat(64),
  "x-ms-sevsnpvm-launchmeasurement": "5".repeat(96),
};

test("the claims of the workload that runs the query meet its policy", () => {
  assert.equal(evaluatePolicy(releasePolicy(simulated, "demographics", ISSUER), genuine).met, true);
});

for (const [claim, value] of [
  ["iss", ISSUER],
  ["iss", "https://broker.fabrikam.example/simulated"],
  ["x-ms-attestation-type", "azurevm"],
  ["x-sealmesh-hardware-root", "amd"],
  ["x-ms-sevsnpvm-is-debuggable", true],
  ["x-ms-sevsnpvm-migration-allowed", true],
  ["x-ms-sevsnpvm-vmpl", 1],
  ["x-ms-sevsnpvm-vmpl", 0xffff_ffff],
  ["x-ms-sevsnpvm-hostdata", "2".repeat(64)],
  ["x-ms-sevsnpvm-launchmeasurement", "4".repeat(96)],
] as const) {
  test(`${claim} ${String(value)} does not`, () => {
    const outcome = evaluatePolicy(releasePolicy(simulated, "demographics", ISSUER), { ...genuine, [claim]: value });
    assert.equal(outcome.met, false);
    if (claim !== "iss") {
      assert.deepEqual(
        outcome.clauses.filter(({ met }) => !met).map((clause) => [clause.claim, clause.seen]),
        [[claim, String(value)]],
      );
    }
  });
}

test("claims through the simulated root meet no policy for AMD's", () => {
  const policy = releasePolicy(amd, "demographics", ISSUER);
  assert.equal(evaluatePolicy(policy, { ...genuine, "x-sealmesh-product": "Milan" }).met, false);
  assert.equal(
    evaluatePolicy(policy, {
      ...genuine,
      iss: ISSUER,
      "x-sealmesh-hardware-root": "amd",
      "x-sealmesh-product": "Milan",
    }).met,
    true,
  );
  assert.equal(
    evaluatePolicy(policy, {
      ...genuine,
      iss: ISSUER,
      "x-sealmesh-hardware-root": "amd",
      "x-sealmesh-product": "Turin",
    }).met,
    false,
  );
});

test("refuses a query that the contract does not have", () => {
  for (const name of ["other", "constructor", "__proto__"]) {
    assert.throws(() => releasePolicy(simulated, name, ISSUER), { code: "QUERY_UNKNOWN" });
  }
});
