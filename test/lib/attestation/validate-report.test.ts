import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amdRoots,
  type FindingCode,
  type ReportPolicy,
  strictPolicy,
  validateReport,
  verifyReport,
} from "#attestation";
import { type FakeChanges, fakeEvidence, fakeNow, fakeRoots } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";
import { evidenceOf, index, skip } from "./vectors.ts";

const floor = { bootLoader: 4, tee: 0, snp: 24, microcode: 219 };
const policy = strictPolicy({
  hardware: { anyOf: ["simulated"] },
  measurement: { anyOf: [new Uint8Array(48).fill(1), new Uint8Array(48).fill(0x22)] },
  hostData: { anyOf: [new Uint8Array(32).fill(0x33)] },
  minimumTcb: { "19-01": floor },
});

async function findings(changes: Partial<ReportPolicy>, report: FakeChanges["report"] = () => {}) {
  const verified = await verifyReport(await fakeEvidence({ report }), {
    roots: fakeRoots,
    now: fakeNow,
    revocation: { unchecked: "not of this test" },
  });
  return validateReport(verified, { ...policy, ...changes });
}

test("finds nothing in a report that is wanted", async () => {
  assert.deepEqual(await findings({}), []);
});

test("finds everything that is wrong at once", async () => {
  const found = await findings({}, (report, view) => {
    view.setBigUint64(0x08, 0xf001fn, true);
    view.setUint32(0x30, 0xffff_ffff, true);
    report.fill(0x44, 0x90, 0xe0);
  });
  assert.deepEqual(
    found.map(({ code }) => code),
    ["MEASUREMENT_MISMATCH", "HOST_DATA_MISMATCH", "DEBUG_ALLOWED", "MIGRATION_AGENT_ALLOWED", "VMPL_MISMATCH"],
  );
  assert.deepEqual(found[1], {
    code: "HOST_DATA_MISMATCH",
    field: "hostData",
    expected: "33".repeat(32),
    seen: "44".repeat(32),
  });
  assert.deepEqual(found[4], { code: "VMPL_MISMATCH", field: "vmpl", expected: "0", seen: "4294967295" });
});

const vectorReport = (_: Uint8Array, view: DataView) => {
  view.setBigUint64(0x1f8, 0b0100n, true);
  view.setBigUint64(0x200, 0b0111n, true);
};
const cases: readonly [string, Partial<ReportPolicy>, FakeChanges["report"], readonly FindingCode[]][] = [
  ["an empty list of measurements", { measurement: { anyOf: [] } }, undefined, ["MEASUREMENT_MISMATCH"]],
  ["an empty list of host data", { hostData: { anyOf: [] } }, undefined, ["HOST_DATA_MISMATCH"]],
  ["an empty list of hardware", { hardware: { anyOf: [] } }, undefined, ["HARDWARE_MISMATCH"]],
  [
    "a simulated root where its product is listed",
    { hardware: { anyOf: ["Milan"] } },
    undefined,
    ["HARDWARE_MISMATCH"],
  ],
  ["report data", { reportData: { equals: new Uint8Array(64) } }, undefined, ["REPORT_DATA_MISMATCH"]],
  ["report data that is equal", { reportData: { equals: new Uint8Array(64).fill(0x11) } }, undefined, []],
  ["another chip", { chipId: { anyOf: [new Uint8Array(64)] } }, undefined, ["CHIP_ID_MISMATCH"]],
  ["no chip at all", { chipId: { anyOf: [] } }, undefined, ["CHIP_ID_MISMATCH"]],
  ["a listed chip", { chipId: { anyOf: [new Uint8Array(64).fill(0xc0)] } }, undefined, []],
  ["another ID key", { idKeyDigest: { anyOf: [new Uint8Array(48).fill(1)] } }, undefined, ["ID_KEY_MISMATCH"]],
  [
    "an author key digest without an author key",
    { authorKeyDigest: { anyOf: [new Uint8Array(48)] } },
    undefined,
    ["AUTHOR_KEY_MISMATCH"],
  ],
  [
    "a listed author key",
    { authorKeyDigest: { anyOf: [new Uint8Array(48)] } },
    (_, view) => view.setUint32(0x48, 1, true),
    [],
  ],
  [
    "debugging that is allowed",
    { debug: { allowed: "a test" } },
    (_, view) => view.setBigUint64(8, 0xb001fn, true),
    [],
  ],
  [
    "a migration agent that is allowed",
    { migrationAgent: { allowed: "a test" } },
    (_, view) => view.setBigUint64(8, 0x7001fn, true),
    [],
  ],
  ["VMPL 1 that is wanted", { vmpl: 1 }, (_, view) => view.setUint32(0x30, 1, true), []],
  ["VMPL 0 where 1 is wanted", { vmpl: 1 }, undefined, ["VMPL_MISMATCH"]],
  ["a CPU without a floor", { minimumTcb: { "19-11": floor } }, undefined, ["TCB_FLOOR_MISSING"]],
  ["no floors at all", { minimumTcb: {} }, undefined, ["TCB_FLOOR_MISSING"]],
  [
    "firmware that is not committed",
    { provisionalFirmware: "forbidden" },
    (_, view) => view.setUint8(0x1ec, 28),
    ["PROVISIONAL_FIRMWARE"],
  ],
  [
    "REPORTED above CURRENT",
    { minimumTcb: { unchecked: "a test" } },
    (_, view) => view.setUint8(0x38 + 6, 23),
    ["TCB_INCONSISTENT"],
  ],
  ["a report version that is too old", { minimumReportVersion: 6 }, undefined, ["REPORT_VERSION_TOO_OLD"]],
  ["a guest that is too old", { minimumGuestSvn: 2 }, (_, view) => view.setUint32(4, 1, true), ["GUEST_SVN_TOO_OLD"]],
  ["a guest that is old enough", { minimumGuestSvn: 2 }, (_, view) => view.setUint32(4, 2, true), []],
  [
    "guest policy bits",
    { guestPolicy: { required: ["singleSocket", "smt"], forbidden: ["smt"] } },
    undefined,
    ["GUEST_POLICY_MISMATCH", "GUEST_POLICY_MISMATCH"],
  ],
  [
    "platform bits",
    { platformInfo: { required: ["aliasCheckComplete", "tioEn"], forbidden: ["smtEn", "tsmeEn"] } },
    undefined,
    ["PLATFORM_INFO_MISMATCH", "PLATFORM_INFO_MISMATCH"],
  ],
  [
    "a mitigation missing at launch",
    { mitigations: { launch: 0b0011n, current: 0b0011n } },
    vectorReport,
    ["MITIGATION_MISSING"],
  ],
  [
    "a mitigation missing now",
    { mitigations: { launch: 0b0100n, current: 0b1000n } },
    vectorReport,
    ["MITIGATION_MISSING"],
  ],
  ["mitigations in force", { mitigations: { launch: 0b0100n, current: 0b0101n } }, vectorReport, []],
];
for (const [what, changes, report, codes] of cases) {
  test(`finds ${codes.join() || "nothing"} for ${what}`, async () => {
    assert.deepEqual(
      (await findings(changes, report)).map(({ code }) => code),
      codes,
    );
  });
}

for (const component of ["bootLoader", "tee", "snp", "microcode"] as const) {
  test(`holds the floor of ${component} alone, for all four TCBs`, async () => {
    const found = await findings({
      minimumTcb: { "19-01": { bootLoader: 0, tee: 0, snp: 0, microcode: 0, [component]: floor[component] + 1 } },
    });
    assert.deepEqual(
      found.map(({ code, field }) => `${code} ${field}`),
      ["reported", "committed", "current", "launch"].map((tcb) => `TCB_TOO_OLD tcb.${tcb}.${component}`),
    );
  });
}

test("a TCB does not pass for one component being higher, in either direction", async () => {
  assert.equal((await findings({ minimumTcb: { "19-01": { ...floor, snp: 23, microcode: 220 } } })).length, 4);
  assert.equal((await findings({ minimumTcb: { "19-01": { ...floor, snp: 25, microcode: 218 } } })).length, 4);
});

for (const member of Object.keys(policy)) {
  test(`refuses a policy without ${member}`, () =>
    assertRefused(() => findings({ [member]: undefined }), "REFERENCE_VALUES_INCOMPLETE", {
      field: member,
    }));
}

const incomplete: readonly [keyof ReportPolicy, unknown][] = [
  ["measurement", { anyOf: [new Uint8Array(47)] }],
  ["measurement", { anyOf: ["22".repeat(48)] }],
  ["measurement", { unchecked: "there is no such word here" }],
  ["hostData", { anyOf: [new Uint8Array(0)] }],
  ["hostData", {}],
  ["chipId", { unchecked: "" }],
  ["reportData", { equals: new Uint8Array(32) }],
  ["debug", true],
  ["debug", { allowed: "" }],
  ["vmpl", 4294967295],
  ["vmpl", "0"],
  ["minimumTcb", { "19-01": { bootLoader: 4, tee: 0, snp: 24 } }],
  ["minimumTcb", { Milan: floor }],
  ["minimumTcb", null],
  ["guestPolicy", { required: [] }],
  ["mitigations", { launch: 1, current: 1n }],
];
for (const [member, value] of incomplete) {
  test(`refuses a policy whose ${member} is ${Object.prototype.toString.call(value)} of another form`, () =>
    assertRefused(() => findings({ [member]: value }), "REFERENCE_VALUES_INCOMPLETE", {
      field: member,
    }));
}

test("has no floor for Bergamo in a floor for Genoa", { skip }, async () => {
  const vector = index.vectors.find(({ name }) => name === "genoa-v5-vcek-bare-metal-01") ?? assert.fail("no vector");
  const verified = await verifyReport(evidenceOf(vector.name, vector.files), {
    roots: amdRoots(),
    now: new Date(vector.verifyAt),
    revocation: { unchecked: "not of this test" },
  });
  const wanted = strictPolicy({
    measurement: { anyOf: [verified.report.measurement] },
    hostData: { anyOf: [verified.report.hostData] },
    minimumTcb: { "19-11": { bootLoader: 10, tee: 0, snp: 23, microcode: 84 } },
  });
  assert.deepEqual(validateReport(verified, wanted), [
    { code: "TCB_FLOOR_MISSING", field: "cpuid", expected: "19-11", seen: "19-a0" },
  ]);
});

test("wants a floor of every component that Turin has", { skip }, async () => {
  const vector = index.vectors.find(({ product }) => product === "Turin") ?? assert.fail("no vector");
  const verified = await verifyReport(evidenceOf(vector.name, vector.files), {
    roots: amdRoots(),
    now: new Date(vector.verifyAt),
    revocation: { unchecked: "not of this test" },
  });
  const wanted = (floors: object) =>
    validateReport(
      verified,
      strictPolicy({
        measurement: { anyOf: [] },
        hostData: { anyOf: [] },
        minimumTcb: { "1a-02": { bootLoader: 0, tee: 0, snp: 0, microcode: 0, ...floors } },
      }),
    );
  await assertRefused(() => wanted({}), "REFERENCE_VALUES_INCOMPLETE", { field: "minimumTcb" });
  assert.ok(wanted({ fmc: 200 }).some(({ field }) => field === "tcb.reported.fmc"));
});
