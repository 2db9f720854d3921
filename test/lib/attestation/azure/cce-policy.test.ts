import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allowAllPolicyName,
  amdRoots,
  checkHostData,
  parseReport,
  simulatedRoot,
  strictPolicy,
  validateReport,
  verifyReport,
} from "#attestation";
import { assertRefused } from "../refusal.ts";
import { evidenceOf, fileOf, index, mutate, skip } from "../vectors.ts";
import { endorsed, syntheticCaci } from "./vectors.ts";

const revocation = { unchecked: "not of this test" };
const genuine = (wanted: string) => {
  const { name, files } = syntheticCaci.evidenceCases.find((one) => one.name === wanted) ?? assert.fail(`no ${wanted}`);
  const roots = simulatedRoot(Buffer.from(index.about.syntheticRoots["Milan"]?.spkiSha256 ?? "", "hex"));
  return verifyReport(evidenceOf(name, files), { roots, now: new Date(syntheticCaci.verifyAt), revocation });
};
const policy = () => fileOf("synthetic-caci/policy.bin");

test("HOST_DATA is the digest of the policy's decoded bytes", { skip }, async () => {
  await checkHostData(await genuine("evidence"), policy());
});

test("HOST_DATA over the base64 text is refused", { skip }, async () => {
  const verified = await genuine("host-data-base64-text");
  await assertRefused(() => checkHostData(verified, policy()), "EVIDENCE_HOST_DATA");
});

test("HOST_DATA of zeros is no policy", { skip }, async () => {
  const verified = await genuine("host-data-zero");
  await assertRefused(() => checkHostData(verified, policy()), "EVIDENCE_HOST_DATA");
});

for (const [at, { mutations }] of syntheticCaci.policyNegatives.entries()) {
  test(`another policy (${mutations[0]?.op} ${at}) is refused, also when only its end differs`, { skip }, async () => {
    const verified = await genuine("evidence");
    await assertRefused(() => checkHostData(verified, mutations.reduce(mutate, policy())), "EVIDENCE_HOST_DATA");
  });
}

for (const { vector } of endorsed) {
  const published = vector.decoded["hostData"];
  test(`names the policy of ${vector.name} when it is a published one that allows everything`, { skip }, () => {
    const name = allowAllPolicyName(parseReport(fileOf(`${vector.name}/${vector.files.report}`)).hostData);
    const isPublished = ["73973b78", "4f4448c6", "b3452a0e"].some((digits) => String(published).startsWith(digits));
    assert.equal(name !== null, isPublished);
    if (name !== null) assert.match(name, /allow-all/);
  });
}

test("any other HOST_DATA has no such name", () => {
  assert.equal(allowAllPolicyName(new Uint8Array(32)), null);
});

test(
  "a policy that allows everything is found even where its digest is accepted, unless it is allowed",
  { skip },
  async () => {
    for (const { vector } of endorsed) {
      const { roots, now } = { roots: amdRoots(), now: new Date(vector.verifyAt) };
      const verified = await verifyReport(evidenceOf(vector.name, vector.files), { roots, now, revocation });
      const policy = strictPolicy({
        measurement: { anyOf: [verified.report.measurement] },
        hostData: { anyOf: [verified.report.hostData] },
        minimumTcb: { unchecked: "reports of many years" },
      });
      const name = allowAllPolicyName(verified.report.hostData);
      assert.deepEqual(
        validateReport(verified, policy).map(({ code, field, seen }) => [code, field, seen]),
        name === null ? [] : [["HOST_DATA_ALLOWS_ALL", "hostData", name]],
      );
      assert.deepEqual(validateReport(verified, { ...policy, allowAllPolicy: { allowed: "a test" } }), []);
    }
  },
);
