// What a policy for tokens can ask, and what it must say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { allowAllPolicyName, type MaaTokenPolicy, microsoftUvm, validateMaaToken } from "#attestation";
import { assertRefused } from "../refusal.ts";
import { type Json, timely } from "./fake-maa.ts";
import { findings, group, hex, machine, machinePolicy, policy, policyHash, snp, verified } from "./wanted-token.ts";

test("does not take a virtual machine for a container group, whatever it says beside the nested claims", async () => {
  assert.deepEqual(await findings(machine), [
    { code: "ATTESTATION_TYPE_MISMATCH", field: "x-ms-attestation-type", expected: "sevsnpvm", seen: "azurevm" },
  ]);
});

test("does not take a container group for a virtual machine", async () => {
  const found = await findings({ ...group, "x-ms-isolation-tee": snp }, machinePolicy);
  assert.deepEqual(found, [
    { code: "ATTESTATION_TYPE_MISMATCH", field: "x-ms-attestation-type", expected: "azurevm", seen: "sevsnpvm" },
  ]);
});

test("does not take a TDX virtual machine for an SEV-SNP one", async () => {
  const tee = { ...snp, "x-ms-attestation-type": "tdxvm" };
  assert.deepEqual(await findings({ ...machine, "x-ms-isolation-tee": tee }, machinePolicy), [
    {
      code: "ATTESTATION_TYPE_MISMATCH",
      field: "x-ms-isolation-tee.x-ms-attestation-type",
      expected: "sevsnpvm",
      seen: "tdxvm",
    },
  ]);
});

test("finds nothing of the secure processor in a virtual machine's token without nested claims", async () => {
  const found = await findings({ ...machine, "x-ms-isolation-tee": undefined }, machinePolicy);
  assert.equal(found.filter(({ seen }) => seen.startsWith("none")).length, found.length);
  assert.equal(found.length, 11);
});

test("names a published policy that allows everything, even where it is listed", async () => {
  const allowAll = "73973b78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20";
  const listed = { ...policy, hostData: { anyOf: [hex(allowAll)] } };
  const claims = { ...group, "x-ms-sevsnpvm-hostdata": allowAll };
  assert.deepEqual(await findings(claims, listed), [
    {
      code: "HOST_DATA_ALLOWS_ALL",
      field: "x-ms-sevsnpvm-hostdata",
      expected: "a policy that limits what runs",
      seen: allowAllPolicyName(hex(allowAll)),
    },
  ]);
  assert.deepEqual(await findings(claims, { ...listed, allowAllPolicy: { allowed: "a demonstration" } }), []);
});

test("finds another nonce, and none", async () => {
  const nonce = async (member: Json) => findings({ ...group, "x-ms-runtime": { sealmesh: member } });
  for (const [member, seen] of [
    [{ nonce: "AAAA" }, "AAAA"],
    [{}, "none"],
    [{ nonce: { a: 1 } }, '{"a":1}'],
  ] as const) {
    assert.deepEqual(await nonce(member), [
      { code: "NONCE_MISMATCH", field: "x-ms-runtime.sealmesh.nonce", expected: "q83v", seen },
    ]);
  }
});

test("does not take the nonce of the request for one in the runtime data", async () => {
  const found = await findings({ ...group, "x-ms-runtime": {}, nonce: "q83v", sealmesh: { nonce: "q83v" } });
  assert.deepEqual(
    found.map(({ code }) => code),
    ["NONCE_MISMATCH"],
  );
});

test("compares a nonce of 64 bits exactly", async () => {
  const claims = JSON.stringify(timely({ ...group, "x-ms-runtime": { nonce: "N" } })).replace(
    '"N"',
    "13202930541250959283",
  );
  const wanted = (equals: string) => ({ ...policy, nonce: { path: ["nonce"], equals } });
  assert.deepEqual(await findings(claims, wanted("13202930541250959283")), []);
  assert.deepEqual(
    (await findings(claims, wanted("13202930541250960000"))).map(({ code, seen }) => [code, seen]),
    [["NONCE_MISMATCH", "13202930541250959283"]],
  );
});

test("does not follow a path to members that no document has", async () => {
  for (const path of [
    ["constructor", "name"],
    ["__proto__", "toString"],
    ["keys", "length"],
  ]) {
    const found = await findings(group, { ...policy, nonce: { path, equals: "0" } });
    assert.deepEqual(
      found.map(({ seen }) => seen),
      ["none"],
    );
  }
});

test("finds another policy of the service", async () => {
  const found = await findings({ ...group, "x-ms-policy-hash": "AAAA" });
  assert.deepEqual(found, [
    { code: "POLICY_HASH_MISMATCH", field: "x-ms-policy-hash", expected: policyHash, seen: "AAAA" },
  ]);
});

test("finds everything at once", async () => {
  const found = await findings({});
  assert.equal(found.length, 13);
  assert.equal(new Set(found.map(({ code }) => code)).size, 13);
});

test("an empty list accepts nothing", async () => {
  const [found] = await findings(group, { ...policy, hostData: { anyOf: [] } });
  assert.equal(found?.expected, "nothing is accepted");
});

test("does not look at what is left out for a reason", async () => {
  const unchecked = { unchecked: "for this test" };
  const allowed = { allowed: "for this test" };
  const nothing: MaaTokenPolicy = {
    attestationType: "sevsnpvm",
    complianceStatus: unchecked,
    hostData: unchecked,
    allowAllPolicy: allowed,
    measurement: unchecked,
    reportData: unchecked,
    nonce: unchecked,
    debug: allowed,
    migration: allowed,
    vmpl: 0,
    uvm: unchecked,
    policyHash: unchecked,
  };
  assert.deepEqual(await findings({ "x-ms-attestation-type": "sevsnpvm", "x-ms-sevsnpvm-vmpl": 0 }, nothing), []);
});

const misshapen: readonly (readonly [keyof MaaTokenPolicy, unknown])[] = [
  ["attestationType", "sgx"],
  ["attestationType", "toString"],
  ["complianceStatus", { anyOf: [""] }],
  ["hostData", { anyOf: [new Uint8Array(31)] }],
  ["allowAllPolicy", { allowed: "" }],
  ["measurement", { anyOf: [new Uint8Array(32)] }],
  ["reportData", { equals: new Uint8Array(32) }],
  ["nonce", { path: [], equals: "a" }],
  ["nonce", { path: ["nonce"], equals: "" }],
  ["nonce", { path: "nonce", equals: "a" }],
  ["debug", true],
  ["migration", "allowed"],
  ["vmpl", 4],
  ["uvm", { issuers: [microsoftUvm.issuer], feed: microsoftUvm.feed, minimumSvn: "104" }],
  ["uvm", { issuers: microsoftUvm.issuer, feed: microsoftUvm.feed, minimumSvn: 104 }],
  ["uvm", { issuers: [microsoftUvm.issuer], feed: "", minimumSvn: 104 }],
  ["policyHash", { anyOf: [policyHash] }],
  ["hostData", { unchecked: "" }],
];
// Each as a caller without types would have it.
const members = Object.keys(policy) as (keyof MaaTokenPolicy)[];
for (const [member, value] of [...misshapen, ...members.map((name) => [name, undefined] as const)]) {
  test(`refuses a policy whose ${member} is ${value === undefined ? "unset" : JSON.stringify(value).slice(0, 60)}`, async () => {
    const token = await verified(group);
    await assertRefused(() => validateMaaToken(token, { ...policy, [member]: value }), "REFERENCE_VALUES_INCOMPLETE", {
      field: member,
    });
  });
}
