// A source with a security context beside it, as in a confidential container group.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { checkUvmMeasurement, parseReport, simulatedRoot, verifyReport, verifyUvmEndorsement } from "#attestation";
import type { SecureProcessor } from "#platform";
import { createEndorsedProcessor } from "../../../services/lib/platform/endorsed-processor.ts";
import { syntheticCaci } from "../attestation/azure/vectors.ts";
import { fileOf, index, skip } from "../attestation/vectors.ts";
import { createFakeTsm, openFakeTsm } from "./fake-tsm.ts";
import { assertPlatformRefused } from "./platform-refusal.ts";

const nonce = new Uint8Array(64).fill(5);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sealmesh-uvm-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (file: string, bytes: Uint8Array | string): void =>
  writeFileSync(join(folder, `${file}-base64`), Buffer.from(bytes).toString("base64"));
const endorsed = (source: SecureProcessor): SecureProcessor =>
  createEndorsedProcessor(source, { root: "/", environment: { UVM_SECURITY_CONTEXT_DIR: folder } });
/** A source that always has this report, and the REPORT_DATA in it. */
const sourceOf = (report: Uint8Array) => ({
  source: openFakeTsm(createFakeTsm({ firmware: () => report })),
  reportData: parseReport(report).reportData,
});

describe("a report with a security context beside it", () => {
  test("comes with the policy and the endorsement that lie there, under the source's own name", async () => {
    put("security-policy", "package policy");
    put("reference-info", "endorsement");
    const answer = await endorsed(openFakeTsm(createFakeTsm())).report(nonce);
    assert.equal(answer.source, "configfs-tsm");
    assert.deepEqual(parseReport(answer.report).reportData, nonce);
    assert.equal(Buffer.from(answer.policyDocument).toString(), "package policy");
    assert.equal(Buffer.from(answer.uvmEndorsement ?? []).toString(), "endorsement");
  });

  test("keeps what the source gave where nothing lies there", async () => {
    put("reference-info", "endorsement");
    const certificates = [Uint8Array.of(0x30)];
    const own = openFakeTsm(createFakeTsm());
    const source: SecureProcessor = { ...own, report: async (data) => ({ ...(await own.report(data)), certificates }) };
    const answer = await endorsed(source).report(nonce);
    assert.deepEqual([answer.certificates, answer.policyDocument.length], [certificates, 0]);
  });

  test("is not given without the context that the configuration wants", async () => {
    await assertPlatformRefused(endorsed(openFakeTsm(createFakeTsm())).report(nonce), "COLLATERAL_UNUSABLE", /nothing/);
  });

  test("is not given with certificates that are none", async () => {
    put("host-amd-cert", "{}");
    await assertPlatformRefused(
      endorsed(openFakeTsm(createFakeTsm())).report(nonce),
      "COLLATERAL_UNUSABLE",
      /host-amd-cert is refused/,
    );
  });

  test("fails as its source fails, and closes it", async () => {
    put("reference-info", "endorsement");
    const source = openFakeTsm(createFakeTsm({ provider: null }));
    await assertPlatformRefused(endorsed(source).report(nonce), "SOURCE_UNSUITABLE");
    endorsed(source).close();
    await assertPlatformRefused(source.report(nonce), "REPORT_UNAVAILABLE", /given up/);
  });

  test("has everything that a verifier needs for a container group", { skip }, async () => {
    cpSync(new URL("../../../../shared/vectors/sev-snp/synthetic-caci/security-context", import.meta.url), folder, {
      recursive: true,
    });
    put("security-policy", fileOf("synthetic-caci/policy.bin"));
    const { source, reportData } = sourceOf(fileOf("synthetic-caci/evidence/evidence/report.bin"));
    const answer = await endorsed(source).report(reportData);
    const verified = await verifyReport(answer, {
      roots: simulatedRoot(Buffer.from(index.about.syntheticRoots["Milan"]?.spkiSha256 ?? "", "hex")),
      now: new Date(syntheticCaci.verifyAt),
      revocation: { unchecked: "there is no list in the vector" },
    });
    const { issuer, feed, minimumUvmSvn: minimumSvn } = syntheticCaci;
    assert.ok(answer.uvmEndorsement);
    checkUvmMeasurement(
      verified,
      await verifyUvmEndorsement(answer.uvmEndorsement, { issuers: [issuer], feed, minimumSvn }),
    );
    const digest = createHash("sha256").update(answer.policyDocument).digest();
    assert.deepEqual(Buffer.from(verified.report.hostData), digest);
  });

  test("is stale when the host's certificates are of another TCB", { skip }, async () => {
    const [older, newer] = ["milan-v2-vcek-google-oak-host-01", "milan-v3-vcek-google-oak-host-01"] as const;
    const pem = (file: string) => new X509Certificate(fileOf(`${older}/${file}`)).toString();
    const tcbm = (report: Uint8Array) =>
      parseReport(report).reportedTcb.value.toString(16).toUpperCase().padStart(16, "0");
    const [then, now] = [fileOf(`${older}/report.bin`), fileOf(`${newer}/report.bin`)];
    const chain = `${pem("ask.der")}${pem("ark.der")}`;
    put("host-amd-cert", JSON.stringify({ vcekCert: pem("vcek.der"), tcbm: tcbm(then), certificateChain: chain }));
    const [before, after] = [sourceOf(then), sourceOf(now)];
    assert.equal((await endorsed(before.source).report(before.reportData)).certificates.length, 3);
    await assertPlatformRefused(endorsed(after.source).report(after.reportData), "COLLATERAL_STALE", /tcbm/);
  });
});
