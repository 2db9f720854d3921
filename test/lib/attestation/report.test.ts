import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReport } from "#attestation";
import { fakeEvidence } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";
import { reservedBytes } from "./reserved-bytes.ts";

const { report: good } = await fakeEvidence();

function changed(change: (view: DataView) => void): Uint8Array {
  const bytes = Uint8Array.from(good);
  change(new DataView(bytes.buffer));
  return bytes;
}

const withKeyInfo = (word: number) => parseReport(changed((view) => view.setUint32(0x48, word, true)));
const withPolicy = (value: bigint) => parseReport(changed((view) => view.setBigUint64(8, value, true))).policy;
const withVector = (version: number) =>
  changed((view) => {
    view.setUint32(0, version, true);
    view.setBigUint64(0x1f8, 5n, true);
    view.setBigUint64(0x200, 0x8000_0000_0000_0001n, true);
  });

test("refuses every length but 1184", async () => {
  for (const length of [0, 1, 672, 1183, 1185, 1184 + 24, 8192]) {
    await assertRefused(() => parseReport(new Uint8Array(length)), "REPORT_MALFORMED", { seen: `${length} bytes` });
  }
});

test("names an all-zero report by its version", async () => {
  await assertRefused(() => parseReport(new Uint8Array(1184)), "REPORT_VERSION_UNSUPPORTED", { seen: "0" });
});

test("accepts versions 2 to 5 and names others before anything else", async () => {
  for (const version of [0, 1, 6, 0x0200_0000, 0xffff_ffff]) {
    const bytes = changed((view) => view.setUint32(0, version, true)).fill(0xff, 4);
    await assertRefused(() => parseReport(bytes), "REPORT_VERSION_UNSUPPORTED", { seen: `${version}` });
  }
  for (const version of [3, 4, 5]) {
    assert.equal(parseReport(changed((view) => view.setUint32(0, version, true))).version, version);
  }
});

test("refuses every reserved byte that is not zero, of the part that is not signed too", async () => {
  for (const [from, to] of reservedBytes) {
    for (let offset = from; offset < to; offset += 1) {
      await assertRefused(() => parseReport(changed((view) => view.setUint8(offset, 1))), "REPORT_MALFORMED", {
        offset,
      });
    }
  }
});

test("knows mitigation vectors from version 5 on only", async () => {
  const { launchMitVector, currentMitVector } = parseReport(withVector(5));
  assert.deepEqual([launchMitVector, currentMitVector], [5n, 0x8000_0000_0000_0001n]);
  for (const version of [3, 4])
    await assertRefused(() => parseReport(withVector(version)), "REPORT_MALFORMED", { offset: 0x1f8 });
});

test("keeps 64-bit fields whole and the host's VMPL positive", () => {
  const report = parseReport(changed((view) => view.setUint32(0x30, 0xffff_ffff, true)));
  assert.equal(report.vmpl, 4294967295);
  assert.equal(report.reportedTcb.value, 0xdb18000000000004n);
});

for (const [bit, member] of [
  [16, "smt"],
  [18, "migrateMa"],
  [19, "debug"],
  [20, "singleSocket"],
  [21, "cxlAllow"],
  [22, "memAes256Xts"],
  [23, "raplDis"],
  [24, "ciphertextHidingDram"],
  [25, "pageSwapDisable"],
] as const) {
  test(`reads policy bit ${bit} as ${member}`, () => {
    assert.equal(withPolicy(0x20000n | (1n << BigInt(bit)))[member], true);
    assert.equal(withPolicy(0x20000n)[member], false);
  });
}

test("refuses a policy without bit 17 and every policy bit from 26 up", async () => {
  await assertRefused(() => parseReport(changed((view) => view.setBigUint64(8, 0x10000n, true))), "REPORT_MALFORMED", {
    field: "policy",
  });
  for (let bit = 26n; bit < 64n; bit += 1n) {
    await assertRefused(
      () => parseReport(changed((view) => view.setBigUint64(8, 0x20000n | (1n << bit), true))),
      "REPORT_MALFORMED",
      { field: "policy" },
    );
  }
});

test("exposes platform bits that nobody has named yet", () => {
  const report = parseReport(changed((view) => view.setBigUint64(0x40, 0xffff_ffff_ffff_ffffn, true)));
  assert.equal(report.platformInfo.value, 0xffff_ffff_ffff_ffffn);
  assert.equal(report.platformInfo.aliasCheckComplete, true);
});

test("reads the key info word", async () => {
  assert.equal(withKeyInfo(0b00000).signingKey, "vcek");
  assert.equal(withKeyInfo(0b00100).signingKey, "vlek");
  assert.equal(withKeyInfo(0b11100).signingKey, "none");
  assert.equal(withKeyInfo(0b00001).authorKeyEnabled, true);
  assert.equal(withKeyInfo(0b00010).maskChipKey, true);
  for (const word of [0b01000, 0b01100, 0b10000, 0b10100, 0b11000, 1 << 5, 0x8000_0000]) {
    await assertRefused(() => withKeyInfo(word), "REPORT_MALFORMED", { field: "keyInfo" });
  }
});

test("refuses every algorithm but 1", async () => {
  for (const algorithm of [0, 2, 0xffff_ffff]) {
    await assertRefused(
      () => parseReport(changed((view) => view.setUint32(0x34, algorithm, true))),
      "REPORT_MALFORMED",
      { field: "signatureAlgo" },
    );
  }
});

test("gives fields that do not share memory with the input", () => {
  const bytes = Uint8Array.from(good);
  const { measurement } = parseReport(bytes);
  bytes.fill(0);
  assert.deepEqual(measurement, new Uint8Array(48).fill(0x22));
});
