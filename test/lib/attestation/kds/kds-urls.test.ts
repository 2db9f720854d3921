import assert from "node:assert/strict";
import { test } from "node:test";
import { chainPath, crlPath, parseReport, type Product, vcekPath } from "#attestation";
import { fakeEvidence, type FakeChanges } from "../fake-processor.ts";
import { assertRefused } from "../refusal.ts";
import { fileOf, index, skip } from "../vectors.ts";

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

test("a Turin chip whose 8 bytes are masked cannot be looked up, whatever stands behind them", async () => {
  const report = await reportOf((all, view) => {
    turin(all, view);
    all.fill(0, 0x1a0, 0x1a8);
    all.fill(0xc0, 0x1a8, 0x1e0);
  });
  await assertRefused(() => vcekPath(report, "Turin"), "EVIDENCE_COLLATERAL_IMPOSSIBLE", { field: "chipId" });
});

test("nothing but the name of a product gets into a path", async () => {
  const report = await reportOf(undefined);
  // Callers without types can pass anything.
  const product = "Milan/../../elsewhere?" as Product;
  for (const path of [
    () => chainPath(product, "vcek"),
    () => crlPath(product, "vlek"),
    () => vcekPath(report, product),
  ]) {
    await assertRefused(path, "EVIDENCE_PRODUCT_UNKNOWN", { field: "product" });
  }
});

test("a real report whose REPORTED_TCB is below its CURRENT_TCB is looked up by the former", { skip }, () => {
  const name = "milan-v2-vcek-google-oak-host-04";
  const { decoded } = index.vectors.find((one) => one.name === name) ?? assert.fail("no vector");
  assert.notEqual(decoded.tcb.reported.u64, decoded.tcb.current.u64);
  const path = vcekPath(parseReport(fileOf(`${name}/report.bin`)), "Milan");
  assert.match(path, /^\/vcek\/v1\/Milan\/[0-9a-f]{128}\?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=168$/);
});
