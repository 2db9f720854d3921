import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amdRoots,
  type AttestationCode,
  AttestationError,
  checkUvmMeasurement,
  microsoftUvm,
  simulatedRoot,
  type UvmExpectation,
  verifyReport,
  verifyUvmEndorsement,
} from "#attestation";
import { assertRefused } from "../refusal.ts";
import { evidenceOf, fileOf, index, skip } from "../vectors.ts";
import { azureFile, caciNegatives, endorsed, mutatedEndorsement, syntheticCaci } from "./vectors.ts";

const codesOf: Readonly<Record<string, AttestationCode>> = {
  uvm_malformed: "UVM_MALFORMED",
  uvm_unsupported_algorithm: "UVM_ALGORITHM",
  uvm_chain_invalid: "UVM_CHAIN_INVALID",
  uvm_wrong_issuer: "UVM_ISSUER",
  uvm_wrong_feed: "UVM_FEED",
  uvm_bad_signature: "UVM_SIGNATURE",
  uvm_svn_too_low: "UVM_SVN_TOO_LOW",
  uvm_measurement_mismatch: "UVM_MEASUREMENT",
};
const { issuer, feed } = microsoftUvm;
const microsoft: UvmExpectation = { issuers: [issuer], feed, minimumSvn: 100 };
const ours: UvmExpectation = {
  issuers: [syntheticCaci.issuer],
  feed: syntheticCaci.feed,
  minimumSvn: syntheticCaci.minimumUvmSvn,
};
const revocation = { unchecked: "not of this test" };
const milan = () => simulatedRoot(Buffer.from(index.about.syntheticRoots["Milan"]?.spkiSha256 ?? "", "hex"));

/** `ok`, or the code with which an endorsement, or its comparison with a report, is refused. */
const outcome = (call: () => Promise<unknown>): Promise<string> =>
  call().then(
    () => "ok",
    (error: unknown) => (error instanceof AttestationError ? error.code : Promise.reject(error)),
  );
const acceptable = (classes: readonly string[]) => classes.map((name) => codesOf[name] ?? name);

for (const { vector, endorsement, facts } of endorsed) {
  test(`verifies Microsoft's endorsement of ${vector.name} although its leaf has expired since`, { skip }, async () => {
    const endorsed = await verifyUvmEndorsement(fileOf(endorsement), microsoft);
    assert.equal(endorsed.svn, facts.guestSvn);
    assert.equal(Buffer.from(endorsed.launchMeasurement).toString("hex"), facts.launchMeasurement);
    assert.equal(endorsed.signingTime?.getTime(), facts.signingTime * 1000);
    assert.ok(endorsed.notChecked.some((what) => what.startsWith("dates of the endorsement's certificates")));
  });
  test(`the endorsement of ${vector.name} is of its MEASUREMENT, and its SVN is not GUEST_SVN`, { skip }, async () => {
    const now = new Date(vector.verifyAt);
    const verified = await verifyReport(evidenceOf(vector.name, vector.files), { roots: amdRoots(), now, revocation });
    const endorsed = await verifyUvmEndorsement(fileOf(endorsement), microsoft);
    checkUvmMeasurement(verified, endorsed);
    assert.ok(endorsed.svn >= 100 && verified.report.guestSvn < 100);
  });
}

for (const name of ["uvm-svn100-2023-11.base64", "uvm-svn103-2025.base64"]) {
  test(`verifies ${name}`, { skip }, async () => {
    const bytes = Buffer.from(Buffer.from(azureFile(`uvm-endorsements/${name}`)).toString("latin1"), "base64");
    const { svn } = await verifyUvmEndorsement(bytes, microsoft);
    assert.equal(svn, Number(/svn(\d+)/.exec(name)?.[1]));
  });
}

for (const negative of caciNegatives) {
  const { name, expected, alsoAcceptable = [], base, options } = negative;
  test(`real endorsement, ${name}: ${expected}`, { skip }, async () => {
    const vector = index.vectors.find((one) => one.name === base) ?? assert.fail("no vector");
    const now = new Date(vector.verifyAt);
    const verified = await verifyReport(evidenceOf(base, vector.files), { roots: amdRoots(), now, revocation });
    const minimumSvn = options?.minimumUvmSvn ?? 100;
    const seen = await outcome(async () =>
      checkUvmMeasurement(
        verified,
        await verifyUvmEndorsement(mutatedEndorsement(negative), { ...microsoft, minimumSvn }),
      ),
    );
    assert.ok(acceptable([expected, ...alsoAcceptable]).includes(seen), `${seen}, want ${expected}`);
  });
}

const baseline = async () => {
  const { name, files } = syntheticCaci.evidenceCases[0] ?? assert.fail("no evidence");
  const now = new Date(syntheticCaci.verifyAt);
  return verifyReport(evidenceOf(name, files), { roots: milan(), now, revocation });
};
for (const { name, file, expected, alsoAcceptable, why } of syntheticCaci.uvmCases) {
  test(`endorsement ${name} (${why}): ${expected}`, { skip }, async () => {
    const verified = await baseline();
    const seen = await outcome(async () =>
      checkUvmMeasurement(verified, await verifyUvmEndorsement(fileOf(file), ours)),
    );
    assert.ok(acceptable([expected, ...alsoAcceptable]).includes(seen), `${seen}, want ${expected}`);
  });
}

test("an endorsement is of no other MEASUREMENT", { skip }, async () => {
  const { name, files } =
    syntheticCaci.evidenceCases.find((one) => one.name === "measurement-other") ?? assert.fail("no case");
  const now = new Date(syntheticCaci.verifyAt);
  const verified = await verifyReport(evidenceOf(name, files), { roots: milan(), now, revocation });
  const endorsement = await verifyUvmEndorsement(fileOf(syntheticCaci.uvmCases[0]?.file ?? ""), ours);
  await assertRefused(() => checkUvmMeasurement(verified, endorsement), "UVM_MEASUREMENT");
});

const ok = () => fileOf(syntheticCaci.uvmCases[0]?.file ?? "");

test("an endorsement of ours is not Microsoft's", { skip }, () =>
  assertRefused(() => verifyUvmEndorsement(ok(), microsoft), "UVM_ISSUER"),
);
test("an empty list of issuers accepts nothing", { skip }, () =>
  assertRefused(() => verifyUvmEndorsement(ok(), { ...ours, issuers: [] }), "UVM_ISSUER"),
);
test("an SVN equal to the minimum will do, one above it will not", { skip }, async () => {
  const { svn } = await verifyUvmEndorsement(ok(), ours);
  await verifyUvmEndorsement(ok(), { ...ours, minimumSvn: svn });
  await assertRefused(() => verifyUvmEndorsement(ok(), { ...ours, minimumSvn: svn + 1 }), "UVM_SVN_TOO_LOW");
});

const unset: readonly [string, Partial<UvmExpectation>][] = [
  ["without issuers", { feed, minimumSvn: 100 }],
  ["without a feed", { issuers: [issuer], minimumSvn: 100 }],
  ["with an empty feed", { issuers: [issuer], feed: "", minimumSvn: 100 }],
  ["without a minimum SVN", { issuers: [issuer], feed }],
  ["whose minimum is no number", { issuers: [issuer], feed, minimumSvn: Number.NaN }],
  ["whose minimum is below zero", { issuers: [issuer], feed, minimumSvn: -1 }],
  ["whose minimum has a fraction", { issuers: [issuer], feed, minimumSvn: 99.5 }],
  ["whose minimum is a text", Object({ issuers: [issuer], feed, minimumSvn: "100" })],
  ["whose issuers are a text", Object({ issuers: issuer, feed, minimumSvn: 100 })],
  ["one of whose issuers is none", Object({ issuers: [issuer, undefined], feed, minimumSvn: 100 })],
  ["whose feed is a list", Object({ issuers: [issuer], feed: [feed], minimumSvn: 100 })],
];
for (const [what, expected] of unset) {
  test(`an expectation ${what} is an error of the verifier`, () =>
    // Callers without types can pass anything.
    assertRefused(
      () => verifyUvmEndorsement(new Uint8Array(1), expected as UvmExpectation),
      "REFERENCE_VALUES_INCOMPLETE",
      { field: "uvm" },
    ));
}

test("an accepted issuer that is no did:x509 is an error of the verifier", { skip }, async () => {
  const [header] = [Buffer.from(ok())];
  const did = syntheticCaci.issuer;
  const at = header.indexOf(did);
  // The same length, so that the lengths of the message still hold.
  const other = did.replace("::eku:", "::san:");
  header.write(other, at);
  await assertRefused(() => verifyUvmEndorsement(header, { ...ours, issuers: [other] }), "REFERENCE_VALUES_INCOMPLETE");
});

test("judges the bytes as they were when it was called", { skip }, async () => {
  const bytes = Uint8Array.from(ok());
  const call = verifyUvmEndorsement(bytes, ours);
  bytes.fill(0);
  assert.ok((await call).svn >= 100);
});
