import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  composeContract,
  ContractError,
  contractPayload,
  parseContract,
  parseContractTemplate,
  parseContractYaml,
} from "#contract";
import { sampleYaml } from "./sample-contract.ts";

const shipped = (name: string) =>
  readFileSync(new URL(`../../../infra/demonstration/${name}`, import.meta.url), "utf8");
const sample = parseContractYaml(sampleYaml);
const facts = {
  version: 3,
  from: new Date("2026-11-24T10:00:00.987Z"),
  simulatedRoot: sample.simulated_root ?? "",
  parties: sample.parties,
  datasets: sample.datasets,
  workloads: sample.workloads,
};

test("fills the shipped template in to a contract that parses from its own payload", () => {
  const template = parseContractTemplate(shipped("partner-demographics.yaml"));
  const contract = composeContract(template, facts);
  assert.equal(contract.contract, "partner-demographics");
  assert.equal(contract.version, 3);
  assert.deepEqual(contract.valid, { from: "2026-11-24T10:00:00Z", until: "2027-11-24T10:00:00Z" });
  assert.deepEqual(contract.queries, template.queries);
  assert.deepEqual(parseContract(contractPayload(contract)), contract);
});

test("the owners' templates parse", () => {
  for (const owner of ["contoso", "fabrikam"]) {
    const template = parseContractTemplate(shipped(`${owner}-own-records.yaml`));
    assert.equal(template.queries["own-records"]?.records?.show, 1);
  }
});

test("refuses facts that lack what a query names", () => {
  const template = parseContractTemplate(shipped("partner-demographics.yaml"));
  assert.throws(
    () =>
      composeContract(template, {
        ...facts,
        workloads: { "contoso/provider": sample.workloads["contoso/provider"] ?? assert.fail() },
      }),
    (error) => error instanceof ContractError && error.message.includes("woodgrove/analytics is not a workload"),
  );
});

test("refuses a date that is none", () => {
  const template = parseContractTemplate(shipped("partner-demographics.yaml"));
  assert.throws(() => composeContract(template, { ...facts, from: new Date(Number.NaN) }), {
    code: "CONTRACT_MALFORMED",
  });
});

test("refuses a template with unknown members, with line and column", () => {
  assert.throws(
    () => parseContractTemplate("contract: a\nvalid_days: 0\nversion: 1\nqueries: {}\n"),
    (error) => {
      assert.ok(error instanceof ContractError);
      assert.deepEqual(
        error.data.problems.map(({ path, line, column }) => [path, line, column]),
        [
          ["$.valid_days", 2, 13],
          ["$.queries", 4, 10],
          ["$.version", 3, 10],
        ],
      );
      return true;
    },
  );
});
