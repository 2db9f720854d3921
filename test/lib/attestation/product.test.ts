import assert from "node:assert/strict";
import { test } from "node:test";
import { cpuModelKey, productOfCpu, verifyReport } from "#attestation";
import { fakeEvidence, fakeOptions } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";

for (const [family, model, product] of [
  [0x19, 0x00, "Milan"],
  [0x19, 0x01, "Milan"],
  [0x19, 0x0f, "Milan"],
  [0x19, 0x10, "Genoa"],
  [0x19, 0x11, "Genoa"],
  [0x19, 0x1f, "Genoa"],
  [0x19, 0x20, null],
  [0x19, 0x9f, null],
  [0x19, 0xa0, "Genoa"],
  [0x19, 0xaf, "Genoa"],
  [0x19, 0xb0, null],
  [0x1a, 0x00, "Turin"],
  [0x1a, 0x02, "Turin"],
  [0x1a, 0x11, "Turin"],
  [0x1a, 0x12, null],
  [0x1a, 0x50, null],
  [0x1a, 0xa0, null],
  [0x18, 0x01, null],
  [0x1b, 0x02, null],
  [0x00, 0x00, null],
] as const) {
  test(`family ${family.toString(16)} model ${model.toString(16)} is ${product ?? "unknown"}`, () => {
    assert.equal(productOfCpu({ family, model }), product);
  });
}

test("names CPU models by two pairs of digits", () => {
  assert.equal(cpuModelKey({ family: 0x19, model: 0x01 }), "19-01");
  assert.equal(cpuModelKey({ family: 0x1a, model: 0xa0 }), "1a-a0");
});

test("a CPU of no product is named", async () => {
  const evidence = await fakeEvidence({ report: (report) => report.set([0x1a, 0x50], 0x188) });
  await assertRefused(() => verifyReport(evidence, fakeOptions), "EVIDENCE_PRODUCT_UNKNOWN", {
    field: "cpuid",
    seen: "1a-50",
  });
});

for (const [name, offset] of [
  ["currentTcb", 0x38],
  ["reportedTcb", 0x180],
  ["committedTcb", 0x1e0],
  ["launchTcb", 0x1f0],
] as const) {
  for (const at of [2, 3, 4, 5]) {
    test(`byte ${at} of ${name} is reserved on Milan`, async () => {
      const evidence = await fakeEvidence({ report: (report) => report.fill(1, offset + at, offset + at + 1) });
      await assertRefused(() => verifyReport(evidence, fakeOptions), "REPORT_MALFORMED", {
        field: name,
        seen: Buffer.from(evidence.report.subarray(offset, offset + 8)).toString("hex"),
      });
    });
  }
}
