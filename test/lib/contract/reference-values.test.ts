import assert from "node:assert/strict";
import { test } from "node:test";
import { parseContractYaml, referenceValuesOf, trustedRootsOf, workloadOf } from "#contract";
import { sampleYaml } from "./sample-contract.ts";

const contract = parseContractYaml(sampleYaml);

test("reference values are the workload's, as bytes and in the verifier's words", () => {
  assert.deepEqual(referenceValuesOf(workloadOf(contract, "woodgrove/analytics")), {
    hardware: { anyOf: ["simulated"] },
    hostData: { anyOf: [new Uint8Array(32).fill(0x11)] },
    measurement: { anyOf: [new Uint8Array(48).fill(0x55)] },
    minimumTcb: { "19-01": { bootLoader: 4, tee: 0, snp: 24, microcode: 219 } },
  });
});

test("cloud providers whose VLEKs are trusted come from the contract alone", () => {
  const workload = { ...workloadOf(contract, "woodgrove/analytics"), csp_id: ["CN=cc-us-east-2.amazonaws.com"] };
  assert.deepEqual(referenceValuesOf(workload).cspId, { anyOf: ["CN=cc-us-east-2.amazonaws.com"] });
});

test("the root is the contract's simulated one, or AMD's", () => {
  assert.deepEqual(trustedRootsOf(contract), { kind: "simulated", arkSpkiSha256: new Uint8Array(32) });
  assert.deepEqual(trustedRootsOf({}), { kind: "amd" });
});

test("refuses a workload that the contract does not have", () => {
  for (const name of ["woodgrove/other", "constructor"]) {
    assert.throws(() => workloadOf(contract, name), { code: "WORKLOAD_UNKNOWN" });
  }
});
