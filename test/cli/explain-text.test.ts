import assert from "node:assert/strict";
import { test } from "node:test";
import { explainReport, type ExplainedEvidence, parseReport } from "#attestation";
import { explainText } from "../../services/cli/evidence/explain-text.ts";
import { fakeReport } from "../lib/attestation/fake-processor.ts";

const failure = { code: "DEBUG_ALLOWED", field: "policy.debug", expected: "false", seen: "true" };
const evidence: ExplainedEvidence = {
  report: parseReport(await fakeReport()),
  verified: null,
  claims: null,
  policy: null,
  failures: [failure],
  notChecked: ["file x: holds no certificate"],
};
const groups = explainReport(evidence);
const flat = (text: string): string => text.replaceAll(/\s+/g, " ");

test("shows every group and every field with its words", () => {
  const text = flat(explainText(groups));
  for (const { title, fields } of groups) {
    assert.ok(text.includes(title.toUpperCase()), title);
    for (const field of fields) {
      assert.ok(text.includes(field.title), field.name);
      assert.ok(text.includes(field.meaning), field.name);
    }
  }
});

test("shows a failure with what was expected and seen, and why something was not checked", () => {
  const text = flat(explainText(groups));
  assert.match(text, /FAILED DEBUG: no DEBUG_ALLOWED: expected false, seen true/);
  assert.match(text, /not checked file x not checked: holds no certificate/);
});

test("says where a field stands, and which claim says the same", () => {
  const text = flat(explainText(groups));
  assert.ok(text.includes("(bytes 144 to 191; x-ms-sevsnpvm-launchmeasurement)"));
  assert.ok(text.includes("(bytes 8 to 15; bit 19; x-ms-sevsnpvm-is-debuggable)"));
});

for (const width of [40, 80, 200]) {
  test(`no line is wider than ${width} columns`, () => {
    const lines = explainText(groups, width).split("\n");
    assert.ok(lines.length > 100);
    assert.deepEqual(
      lines.filter((line) => line.length > width),
      [],
    );
  });
}

test("a digest is broken over lines and loses no digit", () => {
  assert.ok(explainText(groups, 60).replaceAll(/\s/g, "").includes("22".repeat(48)));
});
