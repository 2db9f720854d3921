import assert from "node:assert/strict";
import { test } from "node:test";
import { allowAllPolicyName, amdRoots, checkHostData, simulatedRoot, verifyReport } from "#attestation";
import { assertRefused } from "../refusal.ts";
import { evidenceOf, fileOf, index, mutate, skip } from "../vectors.ts";
import { azureFile, syntheticCaci } from "./vectors.ts";

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

test(
  "the policy of a real container group hashes to its HOST_DATA, and is named as one that allows everything",
  { skip },
  async () => {
    const values = Buffer.from(azureFile("evidence/caci-1-encryption/values.txt")).toString("utf8");
    const vector = index.vectors.find(({ name }) => name === "milan-v2-vcek-azure-caci-01") ?? assert.fail("no vector");
    const now = new Date(vector.verifyAt);
    const verified = await verifyReport(evidenceOf(vector.name, vector.files), { roots: amdRoots(), now, revocation });
    const base64 = /[A-Za-z0-9+/]{200,}={0,2}/.exec(values)?.[0] ?? assert.fail("no policy");
    await checkHostData(verified, Buffer.from(base64, "base64"));
    assert.match(allowAllPolicyName(verified.report.hostData) ?? "", /allow-all/);
  },
);

test("any other HOST_DATA has no such name", () => {
  assert.equal(allowAllPolicyName(new Uint8Array(32)), null);
});
