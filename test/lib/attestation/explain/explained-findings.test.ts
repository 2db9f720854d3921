// Every finding of a policy is shown, on the field that it is about.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FindingCode, ReportPolicy } from "#attestation";
import type { FakeChanges } from "../fake-processor.ts";
import { explainedBeside, floor, outcome, verify, wanted } from "./explained.ts";

/** HOST_DATA of a group whose published policy allows everything. */
const allowAll = Buffer.from("73973b78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20", "hex");

/**
 * For every code a report or a policy with that finding, and the field on which it is shown; total, so that a new code needs a row.
 * CSP_ID_MISMATCH needs a VLEK: real ones show it in explain-report.test.ts.
 */
const findings: Readonly<
  Record<Exclude<FindingCode, "CSP_ID_MISMATCH">, readonly [Partial<ReportPolicy>, FakeChanges["report"], string]>
> = {
  HARDWARE_MISMATCH: [{ hardware: { anyOf: [] } }, undefined, "hardware"],
  MEASUREMENT_MISMATCH: [{ measurement: { anyOf: [] } }, undefined, "measurement"],
  HOST_DATA_MISMATCH: [{ hostData: { anyOf: [] } }, undefined, "hostData"],
  HOST_DATA_ALLOWS_ALL: [{ hostData: { anyOf: [allowAll] } }, (report) => report.set(allowAll, 0xc0), "allowAllPolicy"],
  REPORT_DATA_MISMATCH: [{ reportData: { equals: new Uint8Array(64) } }, undefined, "reportData"],
  CHIP_ID_MISMATCH: [{ chipId: { anyOf: [] } }, undefined, "chipId"],
  SIGNER_MISMATCH: [{ signer: { anyOf: ["vlek"] } }, undefined, "keyInfo.signingKey"],
  FAMILY_ID_MISMATCH: [{ familyId: { anyOf: [] } }, undefined, "familyId"],
  IMAGE_ID_MISMATCH: [{ imageId: { anyOf: [] } }, undefined, "imageId"],
  REPORT_ID_MISMATCH: [{ reportId: { anyOf: [] } }, undefined, "reportId"],
  REPORT_ID_MA_MISMATCH: [{ reportIdMa: { anyOf: [] } }, undefined, "reportIdMa"],
  FIRMWARE_TOO_OLD: [{ minimumFirmware: { major: 2, minor: 0, build: 0 } }, undefined, "currentVersion"],
  ABI_TOO_OLD: [{ minimumAbi: { major: 2, minor: 0 } }, undefined, "policy.abi"],
  PLATFORM_INFO_UNKNOWN: [{ unknownPlatformBits: "forbidden" }, (_, view) => view.setUint8(0x41, 1), "platformInfo"],
  ID_KEY_MISMATCH: [{ idKeyDigest: { anyOf: [] } }, undefined, "idKeyDigest"],
  AUTHOR_KEY_MISMATCH: [{ authorKeyDigest: { anyOf: [] } }, undefined, "authorKeyDigest"],
  DEBUG_ALLOWED: [{}, (_, view) => view.setBigUint64(8, 0xb001fn, true), "policy.debug"],
  MIGRATION_AGENT_ALLOWED: [{}, (_, view) => view.setBigUint64(8, 0x7001fn, true), "policy.migrateMa"],
  PROVISIONAL_FIRMWARE: [
    { provisionalFirmware: "forbidden" },
    (_, view) => view.setUint8(0x1ec, 28),
    "provisionalFirmware",
  ],
  VMPL_MISMATCH: [{ vmpl: 1 }, undefined, "vmpl"],
  TCB_TOO_OLD: [{ minimumTcb: { "19-01": { ...floor, snp: 25 } } }, undefined, "tcb.reported.snp"],
  TCB_FLOOR_MISSING: [{ minimumTcb: {} }, undefined, "cpuid"],
  TCB_INCONSISTENT: [{ minimumTcb: { unchecked: "a test" } }, (_, view) => view.setUint8(0x38 + 6, 23), "tcb.current"],
  REPORT_VERSION_TOO_OLD: [{ minimumReportVersion: 6 }, undefined, "version"],
  GUEST_SVN_TOO_OLD: [{ minimumGuestSvn: 2 }, undefined, "guestSvn"],
  GUEST_POLICY_MISMATCH: [
    { guestPolicy: { required: ["singleSocket"], forbidden: [] } },
    undefined,
    "policy.singleSocket",
  ],
  PLATFORM_INFO_MISMATCH: [{ platformInfo: { required: ["tioEn"], forbidden: [] } }, undefined, "platformInfo.tioEn"],
  MITIGATION_MISSING: [{ mitigations: { launch: 1n, current: 0n } }, undefined, "launchMitVector"],
};

for (const [code, [changes, report, name]] of Object.entries(findings)) {
  test(`${code} is shown on ${name}, with what was expected and seen`, async () => {
    const { failures, fields } = explainedBeside(await verify(report), { ...wanted, ...changes });
    assert.ok(failures.length > 0);
    assert.ok(failures.every((failure) => failure.code === code));
    assert.equal(outcome(fields, name), "fails");
    assert.equal(fields.get(name)?.failures[0], failures[0]);
  });
}

test("no finding is lost, and each is shown once on a field that has words", async () => {
  const everything = Object.values(findings).reduce<Partial<ReportPolicy>>(
    (all, [changes]) => ({ ...all, ...changes }),
    {},
  );
  const { failures, fields } = explainedBeside(
    await verify((_, view) => {
      view.setBigUint64(8, 0xf001fn, true);
      view.setUint8(0x38 + 6, 23);
    }),
    { ...wanted, ...everything, minimumTcb: { "19-01": { bootLoader: 9, tee: 9, snp: 99, microcode: 255 } } },
  );
  assert.ok(failures.length > 25);
  const shown = [...fields.values()].flatMap((field) => field.failures);
  assert.deepEqual(new Set(shown), new Set(failures));
  assert.equal(shown.length, failures.length);
  for (const { failures: own, meaning, name } of fields.values())
    if (own.length > 0) assert.notEqual(meaning, "", name);
});

test("a part that fails makes the whole fail", async () => {
  const { fields } = explainedBeside(await verify((_, view) => view.setBigUint64(8, 0xb001fn, true)), wanted);
  assert.equal(outcome(fields, "policy"), "fails");
  assert.deepEqual(fields.get("policy")?.failures, []);
});
