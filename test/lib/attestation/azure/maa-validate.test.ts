// Every claim that is not as wanted is one finding.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type MaaFindingCode, microsoftUvm } from "#attestation";
import { type Json } from "./fake-maa.ts";
import { endorsement, findings, group, hostData, machine, machinePolicy, reportData, snp } from "./wanted-token.ts";

test("a token that is as wanted has no findings", async () => assert.deepEqual(await findings(group), []));
test("a virtual machine's token is judged by its nested claims", async () =>
  assert.deepEqual(await findings(machine, machinePolicy), []));

const endorsed = (members: Json): Json => ({ "x-ms-sevsnpvm-uvm-endorsement": { ...endorsement, ...members } });
const headed = (members: Json): Json => ({
  "x-ms-sevsnpvm-uvm-endorsement-headers": { feed: microsoftUvm.feed, iss: microsoftUvm.issuer, ...members },
});

/** Changes to the claims of the secure processor: the code, the claim below its parent, and what is seen there. */
const unwanted: Readonly<Record<string, readonly [Json, MaaFindingCode, string, string]>> = {
  "another compliance status": [
    { "x-ms-compliance-status": "azure-compliant-cvm" },
    "COMPLIANCE_STATUS_MISMATCH",
    "x-ms-compliance-status",
    "azure-compliant-cvm",
  ],
  "no compliance status": [
    { "x-ms-compliance-status": undefined },
    "COMPLIANCE_STATUS_MISMATCH",
    "x-ms-compliance-status",
    "none",
  ],
  "the host data of a policy with one line break more": [
    { "x-ms-sevsnpvm-hostdata": "ef".repeat(32) },
    "HOST_DATA_MISMATCH",
    "x-ms-sevsnpvm-hostdata",
    "ef".repeat(32),
  ],
  "host data in upper case": [
    { "x-ms-sevsnpvm-hostdata": hostData.toUpperCase() },
    "HOST_DATA_MISMATCH",
    "x-ms-sevsnpvm-hostdata",
    hostData.toUpperCase(),
  ],
  "another measurement": [
    { "x-ms-sevsnpvm-launchmeasurement": "00".repeat(48) },
    "MEASUREMENT_MISMATCH",
    "x-ms-sevsnpvm-launchmeasurement",
    "00".repeat(48),
  ],
  "other runtime data": [
    { "x-ms-sevsnpvm-reportdata": "00".repeat(64) },
    "REPORT_DATA_MISMATCH",
    "x-ms-sevsnpvm-reportdata",
    "00".repeat(64),
  ],
  "the digest of the runtime data without its zeros": [
    { "x-ms-sevsnpvm-reportdata": Buffer.from(reportData.subarray(0, 32)).toString("hex") },
    "REPORT_DATA_MISMATCH",
    "x-ms-sevsnpvm-reportdata",
    Buffer.from(reportData.subarray(0, 32)).toString("hex"),
  ],
  debugging: [{ "x-ms-sevsnpvm-is-debuggable": true }, "DEBUG_ALLOWED", "x-ms-sevsnpvm-is-debuggable", "true"],
  "no word about debugging": [
    { "x-ms-sevsnpvm-is-debuggable": undefined },
    "DEBUG_ALLOWED",
    "x-ms-sevsnpvm-is-debuggable",
    "none",
  ],
  "the text false about debugging": [
    { "x-ms-sevsnpvm-is-debuggable": "false" },
    "DEBUG_ALLOWED",
    "x-ms-sevsnpvm-is-debuggable",
    "false",
  ],
  migration: [
    { "x-ms-sevsnpvm-migration-allowed": true },
    "MIGRATION_ALLOWED",
    "x-ms-sevsnpvm-migration-allowed",
    "true",
  ],
  "no word about migration": [
    { "x-ms-sevsnpvm-migration-allowed": undefined },
    "MIGRATION_ALLOWED",
    "x-ms-sevsnpvm-migration-allowed",
    "none",
  ],
  "the VMPL of the host": [
    { "x-ms-sevsnpvm-vmpl": 4_294_967_295 },
    "VMPL_MISMATCH",
    "x-ms-sevsnpvm-vmpl",
    "4294967295",
  ],
  "no VMPL": [{ "x-ms-sevsnpvm-vmpl": undefined }, "VMPL_MISMATCH", "x-ms-sevsnpvm-vmpl", "none"],
  "a VMPL that is a text": [{ "x-ms-sevsnpvm-vmpl": "0" }, "VMPL_MISMATCH", "x-ms-sevsnpvm-vmpl", "0"],
  "an endorsement of another issuer": [
    headed({ iss: "did:x509:0:sha256:other::eku:1.3.6.1.4.1.311.76.59.1.2" }),
    "UVM_ISSUER_MISMATCH",
    "x-ms-sevsnpvm-uvm-endorsement-headers.iss",
    "did:x509:0:sha256:other::eku:1.3.6.1.4.1.311.76.59.1.2",
  ],
  "an endorsement of another feed": [
    headed({ feed: "ContainerPlat-AMD-Fragment" }),
    "UVM_FEED_MISMATCH",
    "x-ms-sevsnpvm-uvm-endorsement-headers.feed",
    "ContainerPlat-AMD-Fragment",
  ],
  "an older UVM": [
    endorsed({ "x-ms-sevsnpvm-guestsvn": "103", "x-ms-sevsnpvm-guestsvn-int": 103 }),
    "UVM_SVN_TOO_LOW",
    "x-ms-sevsnpvm-uvm-endorsement.x-ms-sevsnpvm-guestsvn-int",
    "103",
  ],
  "a UVM of which only the text has an SVN, too low": [
    endorsed({ "x-ms-sevsnpvm-guestsvn": "9", "x-ms-sevsnpvm-guestsvn-int": undefined }),
    "UVM_SVN_TOO_LOW",
    "x-ms-sevsnpvm-uvm-endorsement.x-ms-sevsnpvm-guestsvn-int",
    "9",
  ],
  "a UVM with two SVNs": [
    endorsed({ "x-ms-sevsnpvm-guestsvn": "103" }),
    "UVM_SVN_TOO_LOW",
    "x-ms-sevsnpvm-uvm-endorsement.x-ms-sevsnpvm-guestsvn-int",
    '104 and "103"',
  ],
  "a UVM with an SVN that is no integer": [
    endorsed({ "x-ms-sevsnpvm-guestsvn": undefined, "x-ms-sevsnpvm-guestsvn-int": 104.5 }),
    "UVM_SVN_TOO_LOW",
    "x-ms-sevsnpvm-uvm-endorsement.x-ms-sevsnpvm-guestsvn-int",
    "104.5 and none",
  ],
  "a UVM with an SVN in another spelling": [
    endorsed({ "x-ms-sevsnpvm-guestsvn": "0x68", "x-ms-sevsnpvm-guestsvn-int": undefined }),
    "UVM_SVN_TOO_LOW",
    "x-ms-sevsnpvm-uvm-endorsement.x-ms-sevsnpvm-guestsvn-int",
    'none and "0x68"',
  ],
};
for (const [name, [members, code, field, seen]] of Object.entries(unwanted)) {
  test(`finds ${name}`, async () => {
    const [found, ...more] = await findings({ ...group, ...members });
    assert.partialDeepStrictEqual(found, { code, field, seen });
    assert.deepEqual(more, []);
  });
  test(`finds ${name} in the nested claims of a virtual machine`, async () => {
    const [found, ...more] = await findings(
      { ...machine, "x-ms-isolation-tee": { ...snp, ...members } },
      machinePolicy,
    );
    assert.partialDeepStrictEqual(found, { code, field: `x-ms-isolation-tee.${field}`, seen });
    assert.deepEqual(more, []);
  });
}

test("takes the text of an SVN where there is no integer", async () => {
  const claims = { ...group, ...endorsed({ "x-ms-sevsnpvm-guestsvn-int": undefined }) };
  assert.deepEqual(await findings(claims), []);
});

test("does not take GUEST_SVN of the report for the SVN of the UVM", async () => {
  const claims = { ...group, "x-ms-sevsnpvm-guestsvn": 104, "x-ms-sevsnpvm-uvm-endorsement": undefined };
  assert.deepEqual(
    (await findings(claims)).map(({ code }) => code),
    ["UVM_SVN_TOO_LOW"],
  );
});

test("finds that there is no endorsement", async () => {
  const claims = {
    ...group,
    "x-ms-sevsnpvm-uvm-endorsement": undefined,
    "x-ms-sevsnpvm-uvm-endorsement-headers": undefined,
  };
  assert.deepEqual(
    (await findings(claims)).map(({ code, seen }) => [code, seen]),
    [
      ["UVM_ISSUER_MISMATCH", "none"],
      ["UVM_FEED_MISMATCH", "none"],
      ["UVM_SVN_TOO_LOW", "none and none"],
    ],
  );
});
