import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  amdRoots,
  appraiseEvidence,
  type Evidence,
  type EvidenceExpectation,
  maaClaims,
  reportDataOf,
  verifyReport,
} from "#attestation";
import { fakeEvidence, fakeNow, fakeRoots } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";
import { evidenceOf, index, skip } from "./vectors.ts";

const nonce = new Uint8Array(32).fill(7);
const tlsSpkiSha256 = new Uint8Array(32).fill(9);
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const sealmesh = {
  v: 1,
  purpose: "peer",
  audience: "woodgrove/analytics",
  nonce: Buffer.from(nonce).toString("base64url"),
  tls_spki_sha256: Buffer.from(tlsSpkiSha256).toString("hex"),
};
const expected: EvidenceExpectation = {
  roots: fakeRoots,
  now: fakeNow,
  revocation: { unchecked: "not of this test" },
  purpose: "peer",
  audience: "woodgrove/analytics",
  nonce,
  tlsSpkiSha256,
};

/** Genuine evidence over these claims. */
async function evidenceOver(claims: object, change: (report: Uint8Array) => void = () => {}): Promise<Evidence> {
  const runtimeClaims = encode(claims);
  const reportData = await reportDataOf(runtimeClaims);
  const evidence = await fakeEvidence({
    report: (report) => {
      report.set(reportData, 0x50);
      change(report);
    },
  });
  return { ...evidence, runtimeClaims };
}

test("REPORT_DATA is the SHA-256 of the bytes and then 32 zeros", async () => {
  const digest = createHash("sha256").update("{}").digest();
  assert.deepEqual(Buffer.from(await reportDataOf(encode({}))), Buffer.concat([digest, Buffer.alloc(32)]));
});

test("accepts evidence made for this verifier and connection", async () => {
  const { verified, claims, notChecked } = await appraiseEvidence(await evidenceOver({ sealmesh }), expected);
  assert.equal(claims.purpose, "peer");
  assert.equal(verified.hardwareRoot, "simulated");
  assert.deepEqual(notChecked, ["revocation: not of this test"]);
});

test("refuses genuine evidence that was made for another use", async () => {
  const evidence = await evidenceOver({ sealmesh });
  await assertRefused(() => appraiseEvidence(evidence, { ...expected, purpose: "reader" }), "EVIDENCE_PURPOSE", {
    expected: "reader",
    seen: "peer",
  });
  await assertRefused(
    () => appraiseEvidence(evidence, { ...expected, audience: "woodgrove/analytic" }),
    "EVIDENCE_AUDIENCE",
  );
  await assertRefused(() => appraiseEvidence(evidence, { ...expected, nonce: new Uint8Array(32) }), "EVIDENCE_NONCE");
  await assertRefused(
    () => appraiseEvidence(evidence, { ...expected, tlsSpkiSha256: new Uint8Array(32) }),
    "EVIDENCE_TLS_KEY",
  );
});

test("refuses evidence without TLS where a TLS key is expected", async () => {
  const evidence = await evidenceOver({ sealmesh: { ...sealmesh, tls_spki_sha256: null } });
  await assertRefused(() => appraiseEvidence(evidence, expected), "EVIDENCE_TLS_KEY", { seen: "none" });
});

test("refuses claims without a nonce where one is expected", async () => {
  const evidence = await evidenceOver({
    sealmesh: {
      v: 1,
      purpose: "result",
      audience: "anyone",
      tls_spki_sha256: sealmesh.tls_spki_sha256,
      result_key: { kty: "OKP", crv: "Ed25519", x: sealmesh.nonce },
      contract: `sha256:${"00".repeat(32)}`,
      query: "demographics",
      run: "00".repeat(16),
      result_sha256: "00".repeat(32),
    },
  });
  const anyone = { ...expected, purpose: "result", audience: "anyone" } as const;
  await assertRefused(() => appraiseEvidence(evidence, anyone), "EVIDENCE_NONCE", { seen: "none" });
  const { claims } = await appraiseEvidence(evidence, { ...anyone, nonce: { none: "a result is for any time" } });
  assert.equal(claims.purpose, "result");
});

test("shows every comparison that it was told to leave out", async () => {
  const { notChecked } = await appraiseEvidence(await evidenceOver({ sealmesh }), {
    ...expected,
    nonce: { none: "kept in a file" },
    tlsSpkiSha256: { unchecked: "no connection" },
  });
  assert.deepEqual(notChecked.slice(-2), ["nonce: kept in a file", "tlsSpkiSha256: no connection"]);
});

test("refuses expectations that are unset, empty or of another length", async () => {
  const evidence = await evidenceOver({ sealmesh });
  for (const member of ["nonce", "tlsSpkiSha256"]) {
    for (const value of [
      undefined,
      null,
      {},
      { none: "" },
      { unchecked: "" },
      new Uint8Array(0),
      new Uint8Array(31),
      "text",
    ]) {
      const incomplete = { ...expected, [member]: value } as EvidenceExpectation;
      await assertRefused(() => appraiseEvidence(evidence, incomplete), "REFERENCE_VALUES_INCOMPLETE", {
        field: member,
      });
    }
  }
});

test("refuses claims that the report was not made over", async () => {
  const evidence = await evidenceOver({ sealmesh });
  const other = { ...evidence, runtimeClaims: encode({ sealmesh: { ...sealmesh, audience: "anyone" } }) };
  await assertRefused(() => appraiseEvidence(other, expected), "EVIDENCE_REPORT_DATA");
  const reordered = {
    ...evidence,
    runtimeClaims: encode({ sealmesh: Object.fromEntries(Object.entries(sealmesh).toReversed()) }),
  };
  await assertRefused(() => appraiseEvidence(reordered, expected), "EVIDENCE_REPORT_DATA");
});

test("refuses bytes behind the digest, and the digests of other rules", async () => {
  const tail = await evidenceOver({ sealmesh }, (report) => report.fill(1, 0x8f, 0x90));
  await assertRefused(() => appraiseEvidence(tail, expected), "EVIDENCE_REPORT_DATA");
  const sha512 = createHash("sha512").update(tail.runtimeClaims).digest();
  const other = await evidenceOver({ sealmesh }, (report) => report.set(sha512, 0x50));
  await assertRefused(() => appraiseEvidence(other, expected), "EVIDENCE_REPORT_DATA");
});

test("says that a report is not genuine before it says anything about its claims", async () => {
  const evidence = { ...(await evidenceOver({ sealmesh })), runtimeClaims: encode("no claims") };
  await assertRefused(() => appraiseEvidence(evidence, { ...expected, roots: amdRoots() }), "EVIDENCE_ROOT_UNTRUSTED");
});

test("refuses malformed claims although the report was made over them", async () => {
  const evidence = await evidenceOver({ sealmesh: { ...sealmesh, extra: 1 } });
  await assertRefused(() => appraiseEvidence(evidence, expected), "CLAIMS_MALFORMED", { path: "$.sealmesh.extra" });
});

test("judges claims and expectations as they were when it was called", async () => {
  const evidence = await evidenceOver({ sealmesh });
  const own = { ...expected, nonce: Uint8Array.from(nonce), tlsSpkiSha256: Uint8Array.from(tlsSpkiSha256) };
  const call = appraiseEvidence(evidence, own);
  for (const bytes of [evidence.runtimeClaims, own.nonce, own.tlsSpkiSha256]) bytes.fill(0);
  own.audience = "anyone";
  assert.equal((await call).claims.audience, "woodgrove/analytics");
});

test("writes verdicts through a simulated root under their own authority, without a compliance status", async () => {
  const { verified, claims } = await appraiseEvidence(await evidenceOver({ sealmesh }), expected);
  const maa = maaClaims({ verified, claims, issuer: "https://broker.contoso.example" });
  assert.equal(maa["iss"], "https://broker.contoso.example/simulated");
  assert.equal(maa["x-sealmesh-hardware-root"], "simulated");
  assert.equal(maa["x-ms-attestation-type"], "sevsnpvm");
  assert.deepEqual(maa["x-ms-runtime"], { sealmesh });
  assert.equal(maa["x-ms-sevsnpvm-hostdata"], "33".repeat(32));
  assert.equal(maa["x-ms-sevsnpvm-launchmeasurement"], "22".repeat(48));
  assert.equal(maa["x-ms-sevsnpvm-is-debuggable"], false);
  assert.equal(maa["x-ms-sevsnpvm-vmpl"], 0);
  assert.deepEqual(
    ["bootloader", "tee", "snpfw", "microcode"].map((part) => maa[`x-ms-sevsnpvm-${part}-svn`]),
    [4, 0, 24, 219],
  );
  assert.equal("x-ms-compliance-status" in maa, false);
  assert.deepEqual(JSON.parse(JSON.stringify(maa)), maa);
});

test("writes verdicts through AMD's root under the issuer itself, without a compliance status", { skip }, async () => {
  const vector = index.vectors.find(({ name }) => name === "milan-v3-vcek-azure-caci-01") ?? assert.fail("no vector");
  const verified = await verifyReport(evidenceOf(vector.name, vector.files), {
    roots: amdRoots(),
    now: new Date(vector.verifyAt),
    revocation: { unchecked: "not of this test" },
  });
  const { claims } = await appraiseEvidence(await evidenceOver({ sealmesh }), expected);
  const maa = maaClaims({ verified, claims, issuer: "https://broker.contoso.example" });
  assert.equal(maa["iss"], "https://broker.contoso.example");
  assert.equal(maa["x-sealmesh-hardware-root"], "amd");
  assert.equal(maa["x-sealmesh-product"], "Milan");
  assert.equal(maa["x-ms-sevsnpvm-hostdata"], vector.decoded["hostData"]);
  assert.equal("x-ms-compliance-status" in maa, false);
});
