// No claim without a verified chain and signature: by type, by value, and through every door.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amdRoots,
  appraiseEvidence,
  AttestationError,
  maaClaims,
  parseReport,
  strictPolicy,
  validateReport,
  type VerifiedReport,
  verifyReport,
} from "#attestation";
import { fakeEvidence, fakeOptions } from "./fake-processor.ts";
import { evidenceOf, index, skip } from "./vectors.ts";

/** Never called: it compiles only as long as the types refuse what is marked. */
export function refusedByTypes(): void {
  const report = parseReport(new Uint8Array(1184));
  // @ts-expect-error a parsed report is not a verified one
  validateReport(report, strictPolicy({ measurement: { anyOf: [] }, hostData: { anyOf: [] }, minimumTcb: {} }));
  // @ts-expect-error nobody outside can write the mark of a verified report
  const forged: VerifiedReport = { report, product: "Milan", hardwareRoot: "amd", signer: "vcek" };
  // @ts-expect-error a policy without reference values is none
  strictPolicy({ minimumTcb: {} });
  // @ts-expect-error revocation is decided, one way or the other
  void verifyReport({ report: new Uint8Array(), certificates: [] }, { roots: amdRoots(), now: new Date() });
  void forged;
}

test("fields beside the signed bytes are not looked at", async () => {
  const evidence = await fakeEvidence();
  const contradicting = { ...evidence, measurement: new Uint8Array(48).fill(0xee), vmpl: 3, product: "Turin" };
  const { report, product } = await verifyReport(contradicting, fakeOptions);
  assert.deepEqual(report.measurement, new Uint8Array(48).fill(0x22));
  assert.deepEqual([report.vmpl, product], [0, "Milan"]);
});

test("a verdict cannot be changed after it was given", async () => {
  const verified = await verifyReport(await fakeEvidence(), fakeOptions);
  assert.throws(() => Object.assign(verified, { hardwareRoot: "amd" }), TypeError);
  const claims = {
    purpose: "reader",
    audience: "anyone",
    nonce: new Uint8Array(32),
    tlsSpkiSha256: null,
    document: {},
  } as const;
  assert.equal(
    maaClaims({ verified, claims, issuer: "https://broker.example" })["x-sealmesh-hardware-root"],
    "simulated",
  );
});

for (const { name, base, mutations, verifyAt, expected } of index.negatives) {
  if (expected === "ok") continue;
  test(`appraisal refuses mutation ${name} as verification does`, { skip }, async () => {
    const vector = index.vectors.find((one) => one.name === base) ?? assert.fail(`no vector ${base}`);
    const evidence = { ...evidenceOf(base, vector.files, mutations), runtimeClaims: new Uint8Array(1) };
    const options = { roots: amdRoots(), now: new Date(verifyAt), revocation: { unchecked: "not of this test" } };
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => assert.fail("accepted"),
        (error: unknown) => (error instanceof AttestationError ? error.code : Promise.reject(error)),
      );
    const reader = { purpose: "reader", audience: "anyone", nonce: { none: "not of this test" } } as const;
    const appraised = appraiseEvidence(evidence, {
      ...options,
      ...reader,
      tlsSpkiSha256: { unchecked: "not of this test" },
    });
    assert.equal(await codeOf(appraised), await codeOf(verifyReport(evidence, options)));
  });
}
