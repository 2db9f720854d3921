import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fakeEvidence, fakeNow, fakeRoots } from "../lib/attestation/fake-processor.ts";

const folder = mkdtempSync(join(tmpdir(), "sealmesh-explain-"));
after(() => rmSync(folder, { recursive: true }));

const { report, certificates } = await fakeEvidence();
writeFileSync(join(folder, "report.bin"), report);
certificates.forEach((der, at) => writeFileSync(join(folder, `${at}.der`), der));
const pin =
  fakeRoots.kind === "simulated" ? Buffer.from(fakeRoots.arkSpkiSha256).toString("hex") : assert.fail("no pin");

const explain = (...more: readonly string[]) =>
  spawnSync(
    process.execPath,
    [
      join(import.meta.dirname, "../../services/cli/main.ts"),
      "explain",
      "evidence",
      "--report",
      join(folder, "report.bin"),
      "--certs",
      folder,
      "--root",
      "simulated",
      "--root-spki",
      pin,
      ...more,
    ],
    { encoding: "utf8" },
  );

test("explains a genuine report in words, its verdict first", () => {
  const { stdout, status, stderr } = explain("--at", fakeNow.toISOString());
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^GENUINE: made by a SIMULATED processor of the shape Milan\n/);
  for (const word of ["MEASUREMENT", "HOST_DATA", "DEBUG", "VMPL", "REPORTED_TCB"])
    assert.ok(stdout.includes(word), word);
});

test("explains a report that is not genuine as what it is, and exits 1", () => {
  const { stdout, status } = explain("--at", "2040-01-01T00:00:00Z");
  assert.equal(status, 1);
  assert.match(stdout, /^NOT GENUINE: EVIDENCE_CERTIFICATE_EXPIRED/);
  assert.match(stdout, /FAILED/);
  assert.match(stdout, /the report is not known to be genuine/);
});

test("as JSON it is one object: the verdict, and at least 40 fields in groups", () => {
  const { stdout, status } = explain("--at", fakeNow.toISOString(), "--json");
  assert.equal(status, 0);
  const { ok, groups } = JSON.parse(stdout);
  assert.equal(ok, true);
  const fields = groups.flatMap((group: { fields: readonly { meaning: string }[] }) => group.fields);
  assert.ok(fields.length >= 40);
  assert.ok(fields.every(({ meaning }: { meaning: string }) => meaning !== ""));
});

test("a contract without a workload is unusable input", () => {
  assert.equal(explain("--contract", "contract.json").status, 2);
});
