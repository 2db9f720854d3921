import assert from "node:assert/strict";
import { test } from "node:test";
import { chainPath, crlPath, parseReport, vcekPath } from "#attestation";
import { fakeEvidence, type FakeChanges } from "../fake-processor.ts";
import { assertRefused } from "../refusal.ts";

const reportOf = async (report: FakeChanges["report"]) =>
  parseReport((await fakeEvidence(report ? { report } : {})).report);
const turin = (report: Uint8Array, view: DataView): void => {
  report.set([0x1a, 0x02, 0x01], 0x188);
  report.fill(0, 0x1a8, 0x1e0);
  for (const offset of [0x38, 0x180, 0x1e0, 0x1f0]) view.setBigUint64(offset, 0x6100000005020301n, true);
};

test("chains and CRLs are by product and kind of leaf", () => {
  assert.equal(chainPath("Genoa", "vcek"), "/vcek/v1/Genoa/cert_chain");
  assert.equal(chainPath("Milan", "vlek"), "/vlek/v1/Milan/cert_chain");
  assert.equal(crlPath("Turin", "vcek"), "/vcek/v1/Turin/crl");
  assert.equal(crlPath("Turin", "vlek"), "/vlek/v1/Turin/crl");
});

test("a VCEK of Milan is asked for with 128 digits and four SPLs", async () => {
  const path = vcekPath(await reportOf(undefined), "Milan");
  assert.equal(path, `/vcek/v1/Milan/${"c0".repeat(64)}?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219`);
});

test("a VCEK of Turin is asked for with 16 digits, and with the FMC first", async () => {
  const path = vcekPath(await reportOf(turin), "Turin");
  assert.equal(path, `/vcek/v1/Turin/${"c0".repeat(8)}?fmcSPL=1&blSPL=3&teeSPL=2&snpSPL=5&ucodeSPL=97`);
});

test("it is REPORTED_TCB that counts, not CURRENT_TCB", async () => {
  const report = await reportOf((_, view) => view.setBigUint64(0x180, 0xd117000000000003n, true));
  assert.match(vcekPath(report, "Milan"), /blSPL=3&teeSPL=0&snpSPL=23&ucodeSPL=209$/);
});

test("a report of another product than asked for is refused", async () => {
  const report = await reportOf(undefined);
  await assertRefused(() => vcekPath(report, "Genoa"), "EVIDENCE_PRODUCT_MISMATCH", {
    expected: "Genoa",
    seen: "Milan",
  });
});

test("a VLEK and a masked chip cannot be looked up", async () => {
  const vlek = await reportOf((_, view) => view.setUint32(0x48, 0b00100, true));
  await assertRefused(() => vcekPath(vlek, "Milan"), "EVIDENCE_COLLATERAL_IMPOSSIBLE", { field: "signingKey" });
  const masked = await reportOf((report) => report.fill(0, 0x1a0, 0x1e0));
  await assertRefused(() => vcekPath(masked, "Milan"), "EVIDENCE_COLLATERAL_IMPOSSIBLE", { field: "chipId" });
});
