import assert from "node:assert/strict";
import { test } from "node:test";
import { amdRoots, maaClaims, microsoftUvm, simulatedRoot, verifyReport, verifyUvmEndorsement } from "#attestation";
import { assertRefused } from "../refusal.ts";
import { evidenceOf, fileOf, index, skip } from "../vectors.ts";
import { endorsed, syntheticCaci } from "./vectors.ts";

const claims = {
  purpose: "reader",
  audience: "anyone",
  nonce: new Uint8Array(32),
  tlsSpkiSha256: null,
  document: {},
} as const;
const issuer = "https://broker.contoso.example";
const revocation = { unchecked: "not of this test" };

test("an endorsed UVM of a real container group is compliant, in the claims that Azure writes", { skip }, async () => {
  const { vector, endorsement, facts } =
    endorsed.find(({ vector: { product } }) => product === "Turin") ?? assert.fail("none");
  const now = new Date(vector.verifyAt);
  const verified = await verifyReport(evidenceOf(vector.name, vector.files), { roots: amdRoots(), now, revocation });
  const uvm = await verifyUvmEndorsement(fileOf(endorsement), {
    issuers: [microsoftUvm.issuer],
    feed: microsoftUvm.feed,
    minimumSvn: 100,
  });
  const maa = maaClaims({ verified, claims, issuer, uvm });
  assert.equal(maa["iss"], issuer);
  assert.equal(maa["x-ms-compliance-status"], "azure-compliant-uvm");
  assert.deepEqual(maa["x-ms-sevsnpvm-uvm-endorsement"], {
    "x-ms-sevsnpvm-guestsvn": `${facts.guestSvn}`,
    "x-ms-sevsnpvm-guestsvn-int": facts.guestSvn,
    "x-ms-sevsnpvm-launchmeasurement": facts.launchMeasurement,
  });
  assert.deepEqual(maa["x-ms-sevsnpvm-uvm-endorsement-headers"], { feed: microsoftUvm.feed, iss: microsoftUvm.issuer });
  assert.equal(maa["x-ms-sevsnpvm-chipid"], vector.decoded["chipId"]);
  assert.equal(maa["x-ms-sevsnpvm-guestsvn"], verified.report.guestSvn);
  assert.equal("x-ms-compliance-status" in maaClaims({ verified, claims, issuer }), false);
});

test("no endorsement makes a simulated verdict compliant", { skip }, async () => {
  const { name, files } = syntheticCaci.evidenceCases[0] ?? assert.fail("no evidence");
  const roots = simulatedRoot(Buffer.from(index.about.syntheticRoots["Milan"]?.spkiSha256 ?? "", "hex"));
  const verified = await verifyReport(evidenceOf(name, files), {
    roots,
    now: new Date(syntheticCaci.verifyAt),
    revocation,
  });
  const uvm = await verifyUvmEndorsement(fileOf(syntheticCaci.uvmCases[0]?.file ?? ""), {
    issuers: [syntheticCaci.issuer],
    feed: syntheticCaci.feed,
    minimumSvn: 100,
  });
  const maa = maaClaims({ verified, claims, issuer, uvm });
  assert.equal(maa["iss"], `${issuer}/simulated`);
  for (const name of Object.keys(maa)) assert.doesNotMatch(name, /compliance|uvm-endorsement/);
});

test("the endorsement of another utility VM makes no verdict", { skip }, async () => {
  const [vector, other] = ["Milan", "Turin"].map(
    (wanted) => endorsed.find(({ vector: { product } }) => product === wanted) ?? assert.fail("none"),
  );
  if (vector === undefined || other === undefined) assert.fail("none");
  const { name, files, verifyAt } = vector.vector;
  const verified = await verifyReport(evidenceOf(name, files), {
    roots: amdRoots(),
    now: new Date(verifyAt),
    revocation,
  });
  const expected = { issuers: [microsoftUvm.issuer], feed: microsoftUvm.feed, minimumSvn: 100 };
  const uvm = await verifyUvmEndorsement(fileOf(other.endorsement), expected);
  await assertRefused(() => maaClaims({ verified, claims, issuer, uvm }), "UVM_MEASUREMENT");
});
