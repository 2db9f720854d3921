import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amdRoots,
  type AttestationCode,
  AttestationError,
  parseReport,
  type ReportEvidence,
  simulatedRoot,
  type TrustedRoots,
  type VerifiedReport,
  validateReport,
  type FindingCode,
  strictPolicy,
  verifyReport,
} from "#attestation";
import { certificateOf, evidenceOf, fileOf, index, skip } from "./vectors.ts";

/** The failure classes of the vectors and the codes that may stand for each. */
const codesOf: Readonly<Record<string, readonly AttestationCode[]>> = {
  bad_length: ["REPORT_MALFORMED"],
  unsupported_version: ["REPORT_VERSION_UNSUPPORTED"],
  malformed_policy: ["REPORT_MALFORMED"],
  unsupported_algorithm: ["REPORT_MALFORMED"],
  unsupported_signing_key: ["EVIDENCE_UNSIGNED"],
  unsigned_report: ["EVIDENCE_UNSIGNED"],
  reserved_not_zero: ["REPORT_MALFORMED"],
  malformed_signature: ["REPORT_MALFORMED"],
  bad_signature: ["EVIDENCE_SIGNATURE"],
  bad_cert: ["CERTIFICATE_MALFORMED", "EVIDENCE_CERTIFICATE_KEY", "EVIDENCE_CERTIFICATE_ALGORITHM"],
  bad_cert_extension: ["EVIDENCE_CERTIFICATE_EXTENSION"],
  chain_invalid: ["EVIDENCE_CHAIN_INVALID", "EVIDENCE_CHAIN_INCOMPLETE"],
  untrusted_root: ["EVIDENCE_ROOT_UNTRUSTED"],
  product_mismatch: ["EVIDENCE_PRODUCT_MISMATCH"],
  unknown_product: ["EVIDENCE_PRODUCT_UNKNOWN"],
  cert_name_mismatch: ["EVIDENCE_CERTIFICATE_NAME"],
  cert_expired: ["EVIDENCE_CERTIFICATE_EXPIRED"],
  cert_not_yet_valid: ["EVIDENCE_CERTIFICATE_NOT_YET_VALID"],
  signing_key_mismatch: ["EVIDENCE_SIGNING_KEY_MISMATCH"],
  tcb_mismatch: ["EVIDENCE_TCB_MISMATCH"],
  chip_id_mismatch: ["EVIDENCE_CHIP_ID_MISMATCH"],
  chip_id_masked: ["EVIDENCE_CHIP_ID_MASKED"],
};

async function outcome(
  evidence: ReportEvidence,
  roots: TrustedRoots,
  verifyAt: string,
): Promise<VerifiedReport | AttestationCode> {
  try {
    return await verifyReport(evidence, {
      roots,
      now: new Date(verifyAt),
      revocation: { unchecked: "not of this test" },
    });
  } catch (error) {
    if (error instanceof AttestationError) return error.code;
    throw error;
  }
}

async function expectOutcome(
  evidence: ReportEvidence,
  roots: TrustedRoots,
  verifyAt: string,
  classes: readonly string[],
): Promise<void> {
  const seen = await outcome(evidence, roots, verifyAt);
  const isVerified = typeof seen !== "string";
  if (isVerified) {
    assert.ok(classes.includes("ok"), `verified, want one of ${classes.join()}`);
    return;
  }
  const acceptable = classes.flatMap((name) =>
    name === "ok" ? [] : (codesOf[name] ?? assert.fail(`no code for ${name}`)),
  );
  assert.ok(acceptable.includes(seen), `${seen}, want one of ${classes.join()}`);
}

const synthetic = (product: string): TrustedRoots =>
  simulatedRoot(Buffer.from(index.about.syntheticRoots[product]?.spkiSha256 ?? "", "hex"));

for (const { name, files, verifyAt, expected, alsoAcceptable = [] } of [...index.vectors, ...index.tampered]) {
  test(`real report ${name}: ${expected.authentic}`, { skip }, () =>
    expectOutcome(evidenceOf(name, files), amdRoots(), verifyAt, [expected.authentic, ...alsoAcceptable]),
  );
}

for (const { name, product, files, verifyAt, certProductName, signingKey, cspId } of index.vectors) {
  test(`names product, root and certificates of ${name}`, { skip }, async () => {
    const verified = await verifyReport(evidenceOf(name, files), {
      roots: amdRoots(),
      now: new Date(verifyAt),
      revocation: { unchecked: "not of this test" },
    });
    assert.equal(verified.product, product);
    assert.equal(verified.hardwareRoot, "amd");
    assert.equal(verified.productName, certProductName);
    assert.equal(verified.signer, signingKey.toLowerCase());
    assert.equal(verified.cspId, cspId);
    assert.equal(verified.certificates.leaf.commonName, `SEV-${signingKey}`);
    assert.equal(verified.certificates.root.commonName, `ARK-${product}`);
    assert.ok(verified.notChecked.some((text) => text.startsWith("revocation")));
  });
  test(`refuses ${name} under a simulated root`, { skip }, async () => {
    const seen = await outcome(evidenceOf(name, files), synthetic(product), verifyAt);
    assert.equal(seen, "EVIDENCE_ROOT_UNTRUSTED");
  });
  const reissued = files.vekReissued;
  if (reissued === undefined) continue;
  test(`accepts the re-issued VCEK of ${name}`, { skip }, async () => {
    const { report, certificates } = evidenceOf(name, files);
    const leaf = certificateOf(`${name}/${reissued}`);
    const before = await verifyReport(
      { report, certificates },
      { roots: amdRoots(), now: new Date(verifyAt), revocation: { unchecked: "not of this test" } },
    );
    const after = await verifyReport(
      { report, certificates: [leaf, ...certificates.slice(1)] },
      { roots: amdRoots(), now: new Date(verifyAt), revocation: { unchecked: "not of this test" } },
    );
    assert.deepEqual(after.certificates.leaf.spkiSha256, before.certificates.leaf.spkiSha256);
  });
}

for (const { name, base, mutations, verifyAt, expected, alsoAcceptable = [] } of index.negatives) {
  test(`mutation ${name}: ${expected}`, { skip }, () => {
    const vector = index.vectors.find((one) => one.name === base) ?? assert.fail(`no vector ${base}`);
    return expectOutcome(evidenceOf(base, vector.files, mutations), amdRoots(), verifyAt, [
      expected,
      ...alsoAcceptable,
    ]);
  });
}

for (const { name, product, files, verifyAt, expectedWithSyntheticRoots, alsoAcceptable = [] } of index.synthetic) {
  test(`${name}: ${expectedWithSyntheticRoots}`, { skip }, () =>
    expectOutcome(evidenceOf(name, files), synthetic(product), verifyAt, [
      expectedWithSyntheticRoots,
      ...alsoAcceptable,
    ]),
  );
  test(`refuses ${name} under AMD's roots`, { skip }, async () => {
    assert.equal(typeof (await outcome(evidenceOf(name, files), amdRoots(), verifyAt)), "string");
  });
}

test("calls a synthetic root simulated", { skip }, async () => {
  const one = index.synthetic.find(({ name }) => name.endsWith("ok-turin-v5-vcek")) ?? assert.fail("no vector");
  const evidence = evidenceOf(one.name, one.files);
  const verified = await verifyReport(evidence, {
    roots: synthetic("Turin"),
    now: new Date(one.verifyAt),
    revocation: { unchecked: "not of this test" },
  });
  assert.equal(verified.hardwareRoot, "simulated");
  assert.equal(verified.tcb.reported.fmc, parseReport(evidence.report).reportedTcb.bytes[0]);
});

/** Findings of the vectors' policyFindings that the default policy makes. */
const findingOf: Readonly<Record<string, FindingCode>> = {
  debug_allowed: "DEBUG_ALLOWED",
  vmpl_not_zero: "VMPL_MISMATCH",
  provisional_firmware: "PROVISIONAL_FIRMWARE",
  alias_check_not_complete: "PLATFORM_INFO_MISMATCH",
};

for (const { name, files, verifyAt, expected } of index.vectors) {
  test(`finds in ${name}: ${expected.policyFindings?.join() ?? ""}`, { skip }, async () => {
    const verified = await verifyReport(evidenceOf(name, files), {
      roots: amdRoots(),
      now: new Date(verifyAt),
      revocation: { unchecked: "not of this test" },
    });
    const policy = strictPolicy({
      measurement: { anyOf: [verified.report.measurement] },
      hostData: { anyOf: [verified.report.hostData] },
      allowAllPolicy: { allowed: "real groups are seldom published with another policy" },
      minimumTcb: { unchecked: "reports of many years" },
      cspId: { unchecked: "of all providers" },
      provisionalFirmware: "forbidden",
      platformInfo: { required: ["aliasCheckComplete"], forbidden: [] },
    });
    const codes = validateReport(verified, policy).map(({ code }) => code);
    assert.deepEqual(
      codes.toSorted(),
      (expected.policyFindings ?? []).map((finding) => findingOf[finding] ?? finding).toSorted(),
    );
  });
}

for (const { name, files, decoded } of [
  ...index.vectors.map((vector) => ({ ...vector, files: `${vector.name}/${vector.files.report}` })),
  ...index.parseOnly.map((one) => ({ ...one, files: one.file })),
]) {
  test(`parses ${name} as others did`, { skip }, () => {
    const bytes = fileOf(files);
    const before = Uint8Array.from(bytes);
    const report = parseReport(bytes);
    assert.deepEqual(Uint8Array.from(bytes), before);
    assert.equal(report.version, decoded.version);
    assert.equal(report.guestSvn, Number(decoded.guestSvn));
    assert.equal(report.vmpl, Number(decoded.vmpl));
    assert.equal(report.policy.value, BigInt(decoded.policy));
    assert.equal(report.platformInfo.value, BigInt(decoded.platformInfo));
    const digests = [
      "familyId",
      "imageId",
      "reportData",
      "measurement",
      "hostData",
      "idKeyDigest",
      "authorKeyDigest",
      "reportId",
      "reportIdMa",
      "chipId",
    ] as const;
    for (const field of digests) assert.equal(Buffer.from(report[field]).toString("hex"), decoded[field], field);
    for (const which of ["current", "reported", "committed", "launch"] as const) {
      const tcb = report[`${which}Tcb`];
      assert.equal(tcb.value, BigInt(decoded.tcb[which].u64));
      assert.equal(Buffer.from(tcb.bytes).toString("hex"), decoded.tcb[which].bytesInReport);
    }
    for (const which of ["currentVersion", "committedVersion"] as const) {
      const { major, minor, build } = report[which];
      assert.equal(`${major}.${minor}.${build}`, decoded[which]);
    }
    const cpu = decoded.cpuid;
    assert.deepEqual(
      report.cpuid,
      cpu === undefined
        ? null
        : { family: Number(cpu.family), model: Number(cpu.model), stepping: Number(cpu.stepping) },
    );
    assert.equal(
      report.launchMitVector,
      decoded.launchMitVector === undefined ? null : BigInt(decoded.launchMitVector),
    );
    assert.equal(
      report.currentMitVector,
      decoded.currentMitVector === undefined ? null : BigInt(decoded.currentMitVector),
    );
  });
}

for (const { name, files, verifyAt, product, decoded } of index.vectors) {
  test(`splits the TCBs of ${name} as ${product} lays them out`, { skip }, async () => {
    const { tcb } = await verifyReport(evidenceOf(name, files), {
      roots: amdRoots(),
      now: new Date(verifyAt),
      revocation: { unchecked: "not of this test" },
    });
    for (const which of ["current", "reported", "committed", "launch"] as const) {
      const { bootLoader, ...rest } = tcb[which];
      assert.deepEqual({ bootloader: bootLoader, ...rest }, { ...decoded.tcb[which].parts });
    }
  });
}

for (const { name, files, expected } of index.syntheticCaci.evidenceCases) {
  const code = {
    vmpl_not_zero: "VMPL_MISMATCH",
    debug_allowed: "DEBUG_ALLOWED",
    migration_agent_allowed: "MIGRATION_AGENT_ALLOWED",
  }[expected];
  if (code === undefined) continue;
  test(`finds only ${code} in evidence ${name}`, { skip }, async () => {
    const verified = await verifyReport(evidenceOf(name, files), {
      roots: synthetic("Milan"),
      now: new Date("2026-06-01T00:00:00Z"),
      revocation: { unchecked: "not of this test" },
    });
    const policy = strictPolicy({
      measurement: { anyOf: [verified.report.measurement] },
      hostData: { anyOf: [verified.report.hostData] },
      minimumTcb: { unchecked: "made by the vectors' authors" },
    });
    assert.deepEqual(
      validateReport(verified, policy).map((finding) => finding.code),
      [code],
    );
  });
}
