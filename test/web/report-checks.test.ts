import assert from "node:assert/strict";
import { test } from "node:test";
import type { Workload } from "#contract";
import { checkReport } from "../../web/src/proof/report-checks.ts";
import { verify } from "../lib/attestation/explain/explained.ts";

const workload: Workload = {
  hardware: ["simulated"],
  host_data: [`sha256:${"33".repeat(32)}`],
  measurement: [`sha384:${"22".repeat(48)}`],
  minimum_tcb: { "19-01": { boot_loader: 4, tee: 0, snp: 24, microcode: 219 } },
};
const claims = {
  purpose: "reader",
  audience: "anyone",
  nonce: new Uint8Array(32),
  tlsSpkiSha256: null,
  document: {},
} as const;
const appraisal = { verified: await verify(), claims, notChecked: [] };

test("the workload that the contract lists is wanted, and nothing of its report fails", () => {
  const { check, explained } = checkReport(appraisal, workload);
  assert.deepEqual(check, { name: "wanted", outcome: "holds" });
  const outcomes = new Map(explained.flatMap(({ fields }) => fields.map(({ name, outcome }) => [name, outcome])));
  assert.equal(outcomes.get("measurement"), "holds");
  assert.equal(outcomes.get("reportData"), "holds");
  assert.ok(![...outcomes.values()].includes("fails"));
});

test("another workload is not wanted, and says on which fields", () => {
  const { check, explained } = checkReport(appraisal, { ...workload, host_data: [], hardware: ["Milan"] });
  assert.deepEqual(check, { name: "wanted", outcome: "fails", code: "HARDWARE_MISMATCH, HOST_DATA_MISMATCH" });
  const failing = explained.flatMap(({ fields }) => fields.filter(({ outcome }) => outcome === "fails"));
  assert.deepEqual(
    failing.map(({ name }) => name),
    ["hostData", "hardware"],
  );
});
