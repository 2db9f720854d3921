// The endorsement of a utility VM as a part of evidence: wanted, it must be there, hold, and be of the report's MEASUREMENT.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  appraiseEvidence,
  type Evidence,
  type EvidenceExpectation,
  reportDataOf,
  type UvmExpectation,
} from "#attestation";
import { fakeEvidence, fakeOptions } from "../fake-processor.ts";
import { assertRefused } from "../refusal.ts";
import { fileOf, skip } from "../vectors.ts";
import { syntheticCaci } from "./vectors.ts";

const nonce = new Uint8Array(32).fill(7);
const claims = new TextEncoder().encode(
  JSON.stringify({
    sealmesh: {
      v: 1,
      purpose: "reader",
      audience: "anyone",
      nonce: Buffer.from(nonce).toString("base64url"),
      tls_spki_sha256: null,
    },
  }),
);
const uvm: UvmExpectation = { issuers: [syntheticCaci.issuer], feed: syntheticCaci.feed, minimumSvn: 100 };
const expected: EvidenceExpectation = {
  ...fakeOptions,
  purpose: "reader",
  audience: "anyone",
  nonce,
  tlsSpkiSha256: { unchecked: "not of this test" },
};
const evidenceOf = async (measurement: Uint8Array, uvmEndorsement?: Uint8Array): Promise<Evidence> => {
  const reportData = await reportDataOf(claims);
  const report = (bytes: Uint8Array): void => {
    bytes.set(reportData, 0x50);
    bytes.set(measurement, 0x90);
  };
  const evidence = { ...(await fakeEvidence({ report })), runtimeClaims: claims };
  return uvmEndorsement === undefined ? evidence : { ...evidence, uvmEndorsement };
};
const endorsement = (name = "ok") =>
  fileOf(syntheticCaci.uvmCases.find((one) => one.name === name)?.file ?? assert.fail(`no ${name}`));
const measurement = Buffer.from(syntheticCaci.launchMeasurement, "hex");

test("evidence with the endorsement of its utility VM carries it verified", { skip }, async () => {
  const appraisal = await appraiseEvidence(await evidenceOf(measurement, endorsement()), { ...expected, uvm });
  assert.ok((appraisal.uvm?.svn ?? 0) >= 100);
  assert.ok(appraisal.notChecked.some((what) => what.startsWith("dates of the endorsement")));
});

test("an endorsement that is wanted must be there", async () => {
  const evidence = await evidenceOf(new Uint8Array(48));
  await assertRefused(() => appraiseEvidence(evidence, { ...expected, uvm }), "UVM_MISSING");
});

test("an endorsement of another launch digest is refused", { skip }, async () => {
  const evidence = await evidenceOf(new Uint8Array(48), endorsement());
  await assertRefused(() => appraiseEvidence(evidence, { ...expected, uvm }), "UVM_MEASUREMENT");
});

test("an endorsement that does not hold is refused", { skip }, async () => {
  const evidence = await evidenceOf(measurement, endorsement("other-feed"));
  await assertRefused(() => appraiseEvidence(evidence, { ...expected, uvm }), "UVM_FEED");
});

test("an endorsement that nobody asked about is named as not checked", { skip }, async () => {
  const appraisal = await appraiseEvidence(await evidenceOf(measurement, endorsement()), expected);
  assert.equal(appraisal.uvm, undefined);
  assert.ok(appraisal.notChecked.includes("uvmEndorsement: no issuer is configured"));
});
