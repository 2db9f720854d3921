// Whole evidence of confidential container groups: report, certificates, endorsement, policy document and runtime data.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allowAllPolicyName,
  amdRoots,
  AttestationError,
  certificatesFrom,
  checkHostData,
  checkTcbm,
  checkUvmMeasurement,
  microsoftUvm,
  parseHostAmdCert,
  parseReport,
  reportDataOf,
  simulatedRoot,
  strictPolicy,
  validateReport,
  type VerifiedReport,
  verifyReport,
  verifyUvmEndorsement,
} from "#attestation";
import { assertRefused } from "../refusal.ts";
import { evidenceOf, fileOf, index, skip } from "../vectors.ts";
import { azureFile, syntheticCaci } from "./vectors.ts";

const now = new Date(syntheticCaci.verifyAt);
const revocation = { unchecked: "not of this test" };
const simulated = () => ({
  roots: simulatedRoot(Buffer.from(index.about.syntheticRoots["Milan"]?.spkiSha256 ?? "", "hex")),
  now,
  revocation,
});
const ours = { issuers: [syntheticCaci.issuer], feed: syntheticCaci.feed, minimumSvn: syntheticCaci.minimumUvmSvn };
const microsoft = { issuers: [microsoftUvm.issuer], feed: microsoftUvm.feed, minimumSvn: 100 };
const decoded = (text: Uint8Array | string) => Buffer.from(Buffer.from(text).toString("latin1"), "base64");

/** What a relying party finds: everything that differs, in the failure classes of the vectors. */
const classOf: Readonly<Record<string, string>> = {
  HOST_DATA_MISMATCH: "host_data_mismatch",
  REPORT_DATA_MISMATCH: "report_data_mismatch",
  VMPL_MISMATCH: "vmpl_not_zero",
  DEBUG_ALLOWED: "debug_allowed",
  MIGRATION_AGENT_ALLOWED: "migration_agent_allowed",
  MEASUREMENT_MISMATCH: "uvm_measurement_mismatch",
};

for (const { name, files, expected } of syntheticCaci.evidenceCases) {
  test(`evidence ${name}: ${expected}`, { skip }, async () => {
    const verified = await verifyReport(evidenceOf(name, files), simulated());
    const endorsement = await verifyUvmEndorsement(fileOf("synthetic-caci/uvm/ok.cose"), ours);
    const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(fileOf("synthetic-caci/policy.bin")));
    const policy = strictPolicy({
      measurement: { anyOf: [endorsement.launchMeasurement] },
      hostData: { anyOf: [new Uint8Array(digest)] },
      reportData: { equals: await reportDataOf(fileOf("synthetic-caci/runtime.json")) },
      minimumTcb: { unchecked: "made by the vectors' authors" },
    });
    const found = validateReport(verified, policy).map(({ code }) => classOf[code] ?? code);
    assert.deepEqual(found, expected === "ok" ? [] : [expected]);
  });
}

/** `ok`, or the code of the first comparison that fails. */
const compared = async (verified: VerifiedReport): Promise<string> => {
  try {
    checkUvmMeasurement(verified, await verifyUvmEndorsement(fileOf("synthetic-caci/uvm/ok.cose"), ours));
    await checkHostData(verified, fileOf("synthetic-caci/policy.bin"));
    return "ok";
  } catch (error) {
    if (error instanceof AttestationError) return error.code;
    throw error;
  }
};
const compares: Readonly<Record<string, string>> = {
  "host-data-base64-text": "EVIDENCE_HOST_DATA",
  "host-data-zero": "EVIDENCE_HOST_DATA",
  "measurement-other": "UVM_MEASUREMENT",
};
for (const { name, files } of syntheticCaci.evidenceCases) {
  test(
    `endorsement and policy document beside the report of ${name}: ${compares[name] ?? "ok"}`,
    { skip },
    async () => {
      assert.equal(await compared(await verifyReport(evidenceOf(name, files), simulated())), compares[name] ?? "ok");
    },
  );
}

test("the three files of a security context prove the report beside them", { skip }, async () => {
  const { folder, report, tcbm, cacheControl } = syntheticCaci.securityContext;
  const file = (name: string) => decoded(fileOf(`${folder}/${name}-base64`));
  const host = parseHostAmdCert(file("host-amd-cert"));
  assert.equal(host.tcbm, BigInt(`0x${tcbm}`));
  assert.equal(host.cacheSeconds, Number(cacheControl));
  checkTcbm(parseReport(fileOf(report)), host);
  const verified = await verifyReport({ report: fileOf(report), certificates: host.certificates }, simulated());
  checkUvmMeasurement(verified, await verifyUvmEndorsement(file("reference-info"), ours));
  await checkHostData(verified, file("security-policy"));
});

interface Bundle {
  readonly report: Uint8Array;
  readonly certificates: Uint8Array;
  readonly endorsement: Uint8Array;
  /** Whose digest REPORT_DATA is. */
  readonly runtimeData: string | null;
}

/** Evidence as public samples keep it: base64 in JSON. */
const bundles: Readonly<Record<string, () => Bundle>> = {
  "caci-1-encryption/attestation.json": () => sample("caci-1-encryption/attestation.json"),
  "caci-1-signing/attestation.json": () => sample("caci-1-signing/attestation.json"),
  "caci-kms-2023.json": () => {
    const { evidence, endorsements, uvm_endorsements } = json("caci-kms-2023.json");
    return {
      report: decoded(evidence),
      certificates: decoded(endorsements),
      endorsement: decoded(uvm_endorsements),
      runtimeData: null,
    };
  },
  "caci-1-encryption/maa-request.json": () => {
    const { report, runtimeData } = json("caci-1-encryption/maa-request.json");
    const inner = JSON.parse(decoded(report).toString("utf8"));
    const { Uvm } = JSON.parse(decoded(inner.Endorsements).toString("utf8"));
    return {
      report: decoded(inner.SnpReport),
      certificates: decoded(inner.VcekCertChain),
      endorsement: decoded(Uvm[0]),
      runtimeData: decoded(runtimeData.data).toString("utf8"),
    };
  },
};

function json(path: string) {
  return JSON.parse(Buffer.from(azureFile(`evidence/${path}`)).toString("utf8"));
}

function sample(path: string): Bundle {
  const { report, publicKey } = json(path);
  const { attestation, platformCertificates, uvmEndorsements } = report.snpCACI;
  return {
    report: decoded(attestation),
    certificates: decoded(platformCertificates),
    endorsement: decoded(uvmEndorsements),
    runtimeData: publicKey,
  };
}

for (const [path, bundle] of Object.entries(bundles)) {
  test(`real evidence ${path} is proved by its own certificates and endorsement`, { skip }, async () => {
    const { report, certificates, endorsement, runtimeData } = bundle();
    const evidence = { report, certificates: certificatesFrom(certificates) };
    const verified = await verifyReport(evidence, { roots: amdRoots(), now, revocation });
    const uvm = await verifyUvmEndorsement(endorsement, microsoft);
    checkUvmMeasurement(verified, uvm);
    assert.equal(verified.report.vmpl, 0);
    assert.ok([2, 3].includes(verified.report.guestSvn), "GUEST_SVN is not the SVN of the utility VM");
    assert.match(allowAllPolicyName(verified.report.hostData) ?? "", /allow-all/);
    if (runtimeData === null) return;
    assert.deepEqual(verified.report.reportData, await reportDataOf(Buffer.from(runtimeData)));
  });
}

test("HOST_DATA of a real group is the one that was published with it", { skip }, () => {
  const values = Buffer.from(azureFile("evidence/caci-1-encryption/values.txt")).toString("utf8");
  const { report } = sample("caci-1-encryption/attestation.json");
  assert.equal(Buffer.from(parseReport(report).hostData).toString("hex"), /[0-9a-f]{64}/.exec(values)?.[0]);
});

test("the canned report that the sidecar gives outside of SEV-SNP is refused", { skip }, async () => {
  const hex = Buffer.from(azureFile("evidence/sidecar-fake-report.hex"))
    .toString("latin1")
    .replaceAll(/[^0-9a-f]/g, "");
  await assertRefused(() => parseReport(Buffer.from(hex, "hex")), "REPORT_VERSION_UNSUPPORTED");
});
