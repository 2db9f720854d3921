import assert from "node:assert/strict";
import { test } from "node:test";
import {
  appraiseEvidence,
  AttestationError,
  explainReport,
  parseReport,
  reportDataOf,
  type VerifiedReport,
  verifyReport,
  verifyUvmEndorsement,
} from "#attestation";
import { syntheticCaci } from "../azure/vectors.ts";
import { fakeEvidence, fakeOptions } from "../fake-processor.ts";
import { evidenceOf, fileOf, index, skip } from "../vectors.ts";
import { explainedBeside, fieldsOf, floor, outcome, reason, verify, wanted } from "./explained.ts";

test("a wanted report holds in what was compared, and says of the rest why it was not", async () => {
  const { fields } = explainedBeside(await verify(), wanted);
  for (const name of [
    "measurement",
    "hostData",
    "policy.debug",
    "policy.migrateMa",
    "vmpl",
    "cpuid",
    "tcb.reported.snp",
  ])
    assert.equal(outcome(fields, name), "holds", name);
  for (const name of ["tcb.reported", "tcb.launch", "signature", "product", "certificates.tcb", "certificates.hwId"])
    assert.equal(outcome(fields, name), "holds", name);
  assert.equal(reason(fields, "chipId"), "no reference value was given");
  assert.equal(reason(fields, "provisionalFirmware"), "allowed: the floor holds for the committed firmware");
  assert.equal(reason(fields, "reportData"), "no claims came with the report");
  assert.equal(reason(fields, "revocation"), "not of this test");
  assert.equal(reason(fields, "policy"), "not all of its parts are");
  assert.equal(reason(fields, "reportIdMa"), "no reference value was given");
  for (const [name, field] of fields) assert.equal(field.outcome === "holds", field.reason === null, name);
});

test("without a policy, only what makes the report genuine holds", async () => {
  const { fields } = explainedBeside(await verify(), null);
  assert.equal(outcome(fields, "signature"), "holds");
  assert.equal(outcome(fields, "hardware"), "holds");
  assert.equal(reason(fields, "measurement"), "no reference value was given");
  assert.equal(reason(fields, "policy.debug"), "no reference value was given");
});

test("of a report that is not genuine nothing holds, and the reason is on the field that it is about", async () => {
  const evidence = await fakeEvidence();
  const cases: readonly [Uint8Array, string, string][] = [
    [evidence.report.with(0x90, 1), "EVIDENCE_SIGNATURE", "signature"],
    [evidence.report.with(0x1a0, 1), "EVIDENCE_CHIP_ID_MISMATCH", "certificates.hwId"],
    [evidence.report.with(0x186, 25), "EVIDENCE_TCB_MISMATCH", "certificates.tcb"],
    [evidence.report.with(0x48, 7 << 2), "EVIDENCE_UNSIGNED", "keyInfo.signingKey"],
  ];
  for (const [bytes, code, field] of cases) {
    const error: unknown = await verifyReport({ ...evidence, report: bytes }, fakeOptions).catch((thrown) => thrown);
    if (!(error instanceof AttestationError)) throw error;
    const { field: name = null, expected = null, seen = null } = error.data;
    const failures = [{ code: error.code, field: name, expected, seen }];
    const report = parseReport(bytes);
    const fields = fieldsOf({ report, verified: null, claims: null, policy: wanted, failures, notChecked: [] });
    assert.equal(error.code, code);
    assert.equal(outcome(fields, field), "fails", code);
    assert.deepEqual(fields.get(field)?.failures, failures);
    assert.equal(reason(fields, "measurement"), "the report is not known to be genuine");
    assert.deepEqual(
      [...fields.values()].filter((one) => one.outcome === "holds"),
      [],
    );
  }
});

test("a failure and an omission that belong nowhere are shown all the same", async () => {
  const verified = await verify();
  const { report } = verified;
  const failure = { code: "NEW_CODE", field: "new field", expected: "a", seen: "b" };
  const groups = explainReport({
    report,
    verified,
    claims: null,
    policy: null,
    failures: [failure, { ...failure, field: null }],
    notChecked: ["file x: holds no certificate", "what comes behind the failure"],
  });
  const others = groups.find(({ name }) => name === "other")?.fields ?? [];
  assert.deepEqual(
    others.map(({ name, outcome: how, reason: why }) => [name, how, why]),
    [
      ["new field", "fails", null],
      ["NEW_CODE", "fails", null],
      ["file x", "not checked", "holds no certificate"],
      ["what comes behind the failure", "not checked", "what comes behind the failure"],
    ],
  );
});

test("a field that fails says also what was not checked of it", async () => {
  const { fields } = explainedBeside(await verify(), { ...wanted, vmpl: 1 }, { notChecked: ["vmpl: a test"] });
  assert.deepEqual([outcome(fields, "vmpl"), reason(fields, "vmpl")], ["fails", "a test"]);
});

test("a CPU without a minimum leaves its TCBs unchecked", async () => {
  const { fields } = explainedBeside(await verify(), { ...wanted, minimumTcb: { "19-11": floor } });
  for (const name of ["tcb.reported.snp", "tcb.committed", "tcb.launch"])
    assert.equal(reason(fields, name), "the policy has no minimum for this CPU", name);
});

test("each TCB has the minimums that the policy gives it, and the CPU is checked when any has", async () => {
  const none = { unchecked: "a test" };
  const byTcb = { reported: { "19-01": floor }, committed: none, current: { "19-01": floor }, launch: none };
  const verified = await verify();
  const { fields } = explainedBeside(verified, { ...wanted, minimumTcb: { byTcb } });
  for (const name of ["cpuid", "tcb.reported", "tcb.reported.snp", "tcb.current"])
    assert.equal(outcome(fields, name), "holds", name);
  for (const name of ["tcb.committed", "tcb.launch"]) assert.equal(reason(fields, name), "a test", name);
  const { fields: bare } = explainedBeside(verified, {
    ...wanted,
    minimumTcb: { byTcb: { reported: none, committed: none, current: none, launch: none } },
  });
  assert.equal(reason(bare, "cpuid"), "the policy has no minimum for any TCB");
});

test("a word holds only when its unknown bits are ruled out, too", async () => {
  const all = [
    "smtEn",
    "tsmeEn",
    "eccEn",
    "raplDis",
    "ciphertextHidingDramEn",
    "aliasCheckComplete",
    "iommuWriteSafe",
    "tioEn",
  ] as const;
  const required = ["smtEn", "eccEn", "aliasCheckComplete"] as const;
  const forbidden = all.filter((bit) => !required.some((one) => one === bit));
  const policy = { ...wanted, platformInfo: { required, forbidden } };
  const verified = await verify();
  const { fields } = explainedBeside(verified, policy);
  assert.equal(reason(fields, "platformInfo"), "allowed: new firmware sets bits that have no name yet");
  const { fields: strict } = explainedBeside(verified, { ...policy, unknownPlatformBits: "forbidden" });
  assert.equal(outcome(strict, "platformInfo"), "holds");
});

test("a masked chip is not shown as the one that the VCEK was issued for", async () => {
  const evidence = await fakeEvidence({ report: (report) => report.fill(0, 0x1a0, 0x1e0) });
  const verified = await verifyReport(evidence, { ...fakeOptions, acceptMaskedChipId: { reason: "a test" } });
  const { fields } = explainedBeside(verified, null);
  assert.equal(fields.get("chipId")?.value, "all zero");
  assert.equal(fields.get("certificates.hwId")?.value, "");
  assert.equal(reason(fields, "certificates.hwId"), "a test");
});

test("a policy document that allows everything is named, also where it is allowed", async () => {
  const allowAll = Buffer.from("73973b78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20", "hex");
  const verified = await verify((report) => report.set(allowAll, 0xc0));
  const { fields } = explainedBeside(verified, {
    ...wanted,
    hostData: { anyOf: [allowAll] },
    allowAllPolicy: { allowed: "a test" },
  });
  assert.equal(outcome(fields, "hostData"), "holds");
  assert.equal(fields.get("allowAllPolicy")?.value, "the allow-all policy of Azure's samples (api_svn)");
  assert.equal(reason(fields, "allowAllPolicy"), "allowed: a test");
});

test("bits and mitigations for which a policy does not care are not checked", async () => {
  const { fields } = explainedBeside(await verify((_, view) => view.setBigUint64(0x1f8, 1n, true)), {
    ...wanted,
    guestPolicy: { required: ["smt"], forbidden: ["cxlAllow"] },
    platformInfo: { required: ["aliasCheckComplete"], forbidden: [] },
    mitigations: { launch: 1n, current: 0n },
  });
  for (const name of ["policy.smt", "policy.cxlAllow", "platformInfo.aliasCheckComplete", "launchMitVector"])
    assert.equal(outcome(fields, name), "holds", name);
  assert.equal(reason(fields, "policy.raplDis"), "the policy takes both");
  assert.equal(reason(fields, "platformInfo.smtEn"), "the policy takes both");
  assert.equal(reason(fields, "currentMitVector"), "the policy wants none");
  assert.equal(outcome(fields, "policy.debug"), "holds");
});

test("values are for people", async () => {
  const { fields } = explainedBeside(
    await verify((_, view) => {
      view.setUint32(0x30, 0xffff_ffff, true);
    }),
    wanted,
  );
  const value = (name: string) => fields.get(name)?.value;
  assert.equal(value("vmpl"), "host");
  assert.equal(value("policy"), "0x3001f");
  assert.equal(value("policy.abi"), "0.31");
  assert.equal(value("policy.smt"), "yes");
  assert.equal(value("policy.debug"), "no");
  assert.equal(value("platformInfo.aliasCheckComplete"), "yes");
  assert.equal(value("measurement"), "22".repeat(48));
  assert.equal(value("familyId"), "all zero");
  assert.equal(value("reportIdMa"), "all ones");
  assert.equal(value("tcb.reported"), "boot loader 4, TEE 0, SNP 24, microcode 219");
  assert.equal(value("tcb.reported.snp"), "24");
  assert.equal(value("tcb.reported.fmc"), undefined);
  assert.equal(value("currentVersion"), "1.55.29");
  assert.equal(value("cpuid"), "family 0x19, model 0x1, stepping 1");
  assert.equal(value("keyInfo.signingKey"), "VCEK");
  assert.equal(value("certificates"), "ARK-Milan > SEV-Milan > SEV-VCEK");
  assert.match(
    value("certificates.leaf") ?? "",
    /^SEV-VCEK, serial 00, 2025-01-01T00:00:00Z to 2032-01-01T00:00:00Z, key sha256:/,
  );
});

test("the TCB of a report without a CPU stays whole until its chain names the product", () => {
  const bytes = new Uint8Array(1184);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 2, true);
  view.setBigUint64(8, 0x30000n, true);
  view.setUint32(0x34, 1, true);
  view.setBigUint64(0x180, 0xdb18000000000004n, true);
  const fields = fieldsOf({
    report: parseReport(bytes),
    verified: null,
    claims: null,
    policy: null,
    failures: [],
    notChecked: [],
  });
  assert.equal(fields.get("tcb.reported")?.value, "04000000000018db");
  assert.equal(fields.get("product"), undefined);
  assert.equal(fields.get("cpuid")?.value, "none in a version 2 report");
});

test("appraised claims make REPORT_DATA and what they say hold, but for what was left out", async () => {
  const sealmesh = { v: 1, purpose: "reader", audience: "anyone", nonce: "Bw".padEnd(43, "A"), tls_spki_sha256: null };
  const runtimeClaims = new TextEncoder().encode(JSON.stringify({ sealmesh }));
  const reportData = await reportDataOf(runtimeClaims);
  const evidence = await fakeEvidence({ report: (report) => report.set(reportData, 0x50) });
  const appraisal = await appraiseEvidence(
    { ...evidence, runtimeClaims },
    {
      ...fakeOptions,
      purpose: "reader",
      audience: "anyone",
      nonce: Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 7 : 0)),
      tlsSpkiSha256: { unchecked: "a test" },
    },
  );
  const { report } = appraisal.verified;
  const fields = fieldsOf({ ...appraisal, report, policy: wanted, failures: [] });
  for (const name of ["reportData", "claims", "purpose", "audience", "nonce"])
    assert.equal(outcome(fields, name), "holds", name);
  assert.equal(fields.get("purpose")?.value, "reader");
  assert.equal(reason(fields, "tlsSpkiSha256"), "a test");
});

test("the endorsement of the utility VM holds only for the launch digest that it endorses", { skip }, async () => {
  const { issuer, feed, launchMeasurement, uvmCases } = syntheticCaci;
  const uvm = await verifyUvmEndorsement(
    fileOf(uvmCases.find(({ name }) => name === "ok")?.file ?? assert.fail("no endorsement")),
    { issuers: [issuer], feed, minimumSvn: 100 },
  );
  const own = await verify((report) => report.set(Buffer.from(launchMeasurement, "hex"), 0x90));
  const { fields } = explainedBeside(own, null, { uvm, notChecked: uvm.notChecked });
  assert.equal(fields.get("endorsement.svn")?.value, `${uvm.svn}`);
  assert.equal(outcome(fields, "endorsement.measurement"), "holds");
  assert.match(reason(fields, "endorsement") ?? "", /longer than the leaf/);
  const { fields: others } = explainedBeside(await verify(), null, { uvm });
  assert.equal(outcome(others, "endorsement.measurement"), "fails");
});

test("every real report is explained, of each version and product, with nothing left to itself", { skip }, async () => {
  for (const { name, files, verifyAt } of index.vectors) {
    const evidence = evidenceOf(name, files);
    let verified: VerifiedReport;
    try {
      verified = await verifyReport(evidence, {
        roots: { kind: "amd" },
        now: new Date(verifyAt),
        revocation: { unchecked: "a test" },
      });
    } catch (error) {
      if (error instanceof AttestationError) continue;
      throw error;
    }
    const { fields } = explainedBeside(verified, wanted);
    assert.equal(fields.has("tcb.reported.fmc"), verified.product === "Turin", name);
    assert.equal(fields.has("certificates.cspId"), verified.signer === "vlek", name);
    for (const field of fields.values()) assert.notEqual(field.meaning, "", `${name}: ${field.name}`);
    assert.equal(fields.get("certificates.hwId")?.value === "", verified.signer === "vlek", name);
    const chip = reason(fields, "certificates.hwId");
    assert.equal(outcome(fields, "certificates.cspId"), verified.signer === "vlek" ? "fails" : undefined, name);
    assert.equal(chip, verified.signer === "vlek" ? "a VLEK is of a cloud provider and not of a chip" : null, name);
  }
});
