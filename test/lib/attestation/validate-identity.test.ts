// What a policy can want of a genuine report beside what strictPolicy asks: identities, versions, signers, floors per TCB.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amdRoots,
  type FindingCode,
  leftOut,
  type ReportPolicy,
  strictPolicy,
  validateReport,
  verifyReport,
} from "#attestation";
import { type FakeChanges, fakeEvidence, fakeOptions } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";
import { evidenceOf, index, skip } from "./vectors.ts";

const floor = { bootLoader: 4, tee: 0, snp: 24, microcode: 219 };
const policy = strictPolicy({
  measurement: { anyOf: [new Uint8Array(48).fill(0x22)] },
  hostData: { anyOf: [new Uint8Array(32).fill(0x33)] },
  minimumTcb: { "19-01": floor },
});
const findings = async (changes: Partial<ReportPolicy>, report: FakeChanges["report"] = () => {}) =>
  validateReport(await verifyReport(await fakeEvidence({ report }), fakeOptions), { ...policy, ...changes });
const codes = async (...args: Parameters<typeof findings>) => (await findings(...args)).map(({ code }) => code);

const lists: readonly [keyof ReportPolicy, number, number, FindingCode][] = [
  ["familyId", 0x10, 16, "FAMILY_ID_MISMATCH"],
  ["imageId", 0x20, 16, "IMAGE_ID_MISMATCH"],
  ["reportId", 0x140, 32, "REPORT_ID_MISMATCH"],
  ["reportIdMa", 0x160, 32, "REPORT_ID_MA_MISMATCH"],
  ["idKeyDigest", 0xe0, 48, "ID_KEY_MISMATCH"],
  ["chipId", 0x1a0, 64, "CHIP_ID_MISMATCH"],
];
for (const [member, offset, size, code] of lists) {
  const seen = member === "chipId" ? new Uint8Array(size).fill(0xc0) : new Uint8Array(size).fill(0x5a);
  const report = (bytes: Uint8Array) => bytes.set(seen, offset);
  test(`${member} is met by a listed value and by no other`, async () => {
    assert.deepEqual(await codes({ [member]: { anyOf: [new Uint8Array(size), seen] } }, report), []);
    assert.deepEqual(await codes({ [member]: { anyOf: [new Uint8Array(size)] } }, report), [code]);
    assert.deepEqual(await codes({ [member]: { anyOf: [] } }, report), [code]);
  });
  test(`${member} of another length is an error of the policy`, () =>
    assertRefused(() => findings({ [member]: { anyOf: [new Uint8Array(size - 1)] } }), "REFERENCE_VALUES_INCOMPLETE", {
      field: member,
    }));
}

const authorKey = new Uint8Array(48).fill(0x77);
const withAuthor = (bytes: Uint8Array): void => {
  bytes[0x48] = 1;
  bytes.set(authorKey, 0x110);
};
test("an ID key is also trusted when a listed author key vouches for it, and not when another does", async () => {
  const idKeyDigest = { anyOf: [] };
  assert.deepEqual(await codes({ idKeyDigest, authorKeyDigest: { anyOf: [authorKey] } }, withAuthor), []);
  assert.deepEqual(await codes({ idKeyDigest, authorKeyDigest: { anyOf: [new Uint8Array(48)] } }, withAuthor), [
    "ID_KEY_MISMATCH",
    "AUTHOR_KEY_MISMATCH",
  ]);
});
test("an author key without AUTHOR_KEY_EN vouches for nothing", async () => {
  const report = (bytes: Uint8Array) => bytes.set(authorKey, 0x110);
  assert.deepEqual(await codes({ idKeyDigest: { anyOf: [] }, authorKeyDigest: { anyOf: [authorKey] } }, report), [
    "ID_KEY_MISMATCH",
    "AUTHOR_KEY_MISMATCH",
  ]);
});

test("the kind of signer is as listed", async () => {
  assert.deepEqual(await codes({ signer: { anyOf: ["vcek"] } }), []);
  assert.deepEqual(await codes({ signer: { anyOf: ["vlek"] } }), ["SIGNER_MISMATCH"]);
});

for (const { name, files, verifyAt, cspId } of index.vectors.filter(({ signingKey }) => signingKey === "VLEK")) {
  test(`the provider of ${name} (${cspId}) must be listed, exactly`, { skip }, async () => {
    const options = { roots: amdRoots(), now: new Date(verifyAt), revocation: { unchecked: "not of this test" } };
    const verified = await verifyReport(evidenceOf(name, files), options);
    const wanted = strictPolicy({
      measurement: { anyOf: [verified.report.measurement] },
      hostData: { anyOf: [verified.report.hostData] },
      minimumTcb: { unchecked: "of many years" },
    });
    const found = (rule: Partial<ReportPolicy>) =>
      validateReport(verified, { ...wanted, ...rule })
        .map(({ code }) => code)
        .filter((code) => code === "CSP_ID_MISMATCH");
    assert.deepEqual(found({}), ["CSP_ID_MISMATCH"]);
    assert.deepEqual(found({ cspId: { anyOf: [cspId ?? ""] } }), []);
    assert.deepEqual(found({ cspId: { anyOf: [`${cspId}.`, (cspId ?? "").toUpperCase()] } }), ["CSP_ID_MISMATCH"]);
  });
}

for (const [version, expected] of [
  [{ major: 1, minor: 55, build: 29 }, []],
  [{ major: 1, minor: 55, build: 30 }, ["FIRMWARE_TOO_OLD", "FIRMWARE_TOO_OLD"]],
  [{ major: 1, minor: 56, build: 0 }, ["FIRMWARE_TOO_OLD", "FIRMWARE_TOO_OLD"]],
  [{ major: 2, minor: 0, build: 0 }, ["FIRMWARE_TOO_OLD", "FIRMWARE_TOO_OLD"]],
  [{ major: 0, minor: 99, build: 99 }, []],
  [{ major: 1, minor: 54, build: 99 }, []],
] as const) {
  test(`firmware 1.55.29 against a minimum of ${Object.values(version).join(".")}`, async () => {
    assert.deepEqual(await codes({ minimumFirmware: version }), expected);
  });
}
test("committed firmware below the minimum is found on its own", async () => {
  const found = await findings({ minimumFirmware: { major: 1, minor: 55, build: 29 } }, (_, view) =>
    view.setUint8(0x1ec, 28),
  );
  assert.deepEqual(found, [
    { code: "FIRMWARE_TOO_OLD", field: "committedVersion", expected: "at least 1.55.29", seen: "1.55.28" },
  ]);
});

test("a guest policy that allows older firmware interfaces is found", async () => {
  assert.deepEqual(await codes({ minimumAbi: { major: 0, minor: 31 } }), []);
  assert.deepEqual(await findings({ minimumAbi: { major: 0, minor: 32 } }), [
    { code: "ABI_TOO_OLD", field: "policy.abi", expected: "at least 0.32", seen: "0.31" },
  ]);
  assert.deepEqual(await codes({ minimumAbi: { major: 1, minor: 0 } }), ["ABI_TOO_OLD"]);
});

test("bits of PLATFORM_INFO without a name are accepted for a reason, or found", async () => {
  const bit8 = (_: Uint8Array, view: DataView) => view.setBigUint64(0x40, 0x125n, true);
  const bit7 = (_: Uint8Array, view: DataView) => view.setBigUint64(0x40, 0xa5n, true);
  assert.deepEqual(await codes({}, bit8), []);
  assert.deepEqual(await codes({ unknownPlatformBits: "forbidden" }, bit8), ["PLATFORM_INFO_UNKNOWN"]);
  assert.deepEqual(await codes({ unknownPlatformBits: "forbidden" }, bit7), []);
});

const none = { unchecked: "not of this test" };
for (const name of ["reported", "committed", "current", "launch"] as const) {
  test(`${name} TCB has a floor of its own`, async () => {
    const floors = {
      reported: none,
      committed: none,
      current: none,
      launch: none,
      [name]: { "19-01": { ...floor, snp: 25 } },
    };
    assert.deepEqual(await findings({ minimumTcb: { byTcb: floors } }), [
      { code: "TCB_TOO_OLD", field: `tcb.${name}.snp`, expected: "at least 25", seen: "24" },
    ]);
    assert.deepEqual(await codes({ minimumTcb: { byTcb: { ...floors, [name]: { "19-01": floor } } } }), []);
  });
}
test("floors for some TCBs only are an error of the policy", () =>
  assertRefused(
    // Callers without types can leave one out.
    () => findings({ minimumTcb: { byTcb: { reported: none, committed: none, current: none } } as never }),
    "REFERENCE_VALUES_INCOMPLETE",
    { field: "minimumTcb" },
  ));

test("products that are not listed are denied, whatever their TCB", { skip }, async () => {
  for (const { name, files, verifyAt, product } of index.vectors) {
    const options = { roots: amdRoots(), now: new Date(verifyAt), revocation: none };
    const verified = await verifyReport(evidenceOf(name, files), options);
    const wanted = strictPolicy({
      hardware: { anyOf: ["Genoa", "Turin"] },
      measurement: { anyOf: [verified.report.measurement] },
      hostData: { anyOf: [verified.report.hostData] },
      minimumTcb: none,
    });
    const denied = validateReport(verified, wanted).some(({ code }) => code === "HARDWARE_MISMATCH");
    assert.equal(denied, product === "Milan", name);
  }
});

test("what a policy leaves out is listed with its reasons, and an empty reason is none", async () => {
  const listed = leftOut(policy);
  assert.ok(listed.includes("chipId: no reference value was given"));
  assert.ok(listed.includes("provisionalFirmware: the floor holds for the committed firmware"));
  assert.ok(!listed.some((line) => /^(measurement|hostData|debug|vmpl|minimumTcb|cspId):/.test(line)));
  await assertRefused(() => findings({ familyId: { unchecked: "" } }), "REFERENCE_VALUES_INCOMPLETE", {
    field: "familyId",
  });
});
