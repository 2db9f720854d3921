import assert from "node:assert/strict";
import { test } from "node:test";
import { amdRoots, checkTcbm, parseHostAmdCert, parseReport, simulatedRoot, verifyReport } from "#attestation";
import { assertRefused } from "../refusal.ts";
import { fileOf, index, skip } from "../vectors.ts";
import { azureFile, endorsed, syntheticCaci } from "./vectors.ts";

const decoded = (bytes: Uint8Array) => Buffer.from(Buffer.from(bytes).toString("latin1"), "base64");
const real = () => decoded(azureFile("host-amd-cert/host-amd-cert-base64"));
const synthetic = () => decoded(fileOf("synthetic-caci/security-context/host-amd-cert-base64"));
const report = () => fileOf("synthetic-caci/evidence/evidence/report.bin");
const revocation = { unchecked: "not of this test" };
const withMembers = (members: object) =>
  Buffer.from(JSON.stringify({ ...JSON.parse(synthetic().toString("utf8")), ...members }));

test("a real host's file holds the leaf and its chain", { skip }, () => {
  const { certificates, tcbm, cacheSeconds } = parseHostAmdCert(real());
  assert.equal(certificates.length, 3);
  assert.equal(typeof tcbm, "bigint");
  assert.ok(cacheSeconds === null || cacheSeconds > 0);
});

test("what is in a security context verifies the report beside it", { skip }, async () => {
  const host = parseHostAmdCert(synthetic());
  checkTcbm(parseReport(report()), host);
  assert.equal(host.cacheSeconds, 86_400);
  const roots = simulatedRoot(Buffer.from(index.about.syntheticRoots["Milan"]?.spkiSha256 ?? "", "hex"));
  const now = new Date(syntheticCaci.verifyAt);
  const evidence = { report: report(), certificates: host.certificates };
  assert.equal((await verifyReport(evidence, { roots, now, revocation })).product, "Milan");
});

test("a chain with the ARK first, and lines that end with CRLF, hold the same", { skip }, () => {
  const { certificateChain, vcekCert } = JSON.parse(synthetic().toString("utf8"));
  const pems: string[] = certificateChain.match(/-----BEGIN[^]*?END CERTIFICATE-----\n/g) ?? assert.fail("no chain");
  const turned = pems.toReversed().join("").replaceAll("\n", "\r\n");
  const { certificates } = parseHostAmdCert(
    withMembers({ certificateChain: turned, vcekCert: vcekCert.replaceAll("\n", "\r\n") }),
  );
  const [leaf, ask, ark] = parseHostAmdCert(synthetic()).certificates;
  assert.deepEqual(certificates, [leaf, ark, ask]);
});

test("certificates for another TCB than the report's have to be fetched again", { skip }, async () => {
  const host = parseHostAmdCert(withMembers({ tcbm: "DB18000000000005" }));
  await assertRefused(() => checkTcbm(parseReport(report()), host), "EVIDENCE_COLLATERAL_STALE", {
    expected: "DB18000000000004",
    seen: "DB18000000000005",
  });
});

const refused: readonly [string, object][] = [
  ["without a leaf", { vcekCert: undefined }],
  ["whose chain is no text", { certificateChain: [] }],
  ["whose tcbm is lower case", { tcbm: "db18000000000004" }],
  ["whose tcbm is short", { tcbm: "DB1800000000004" }],
  ["whose tcbm is long", { tcbm: "00DB18000000000004" }],
  ["whose tcbm has a line break behind it", { tcbm: "DB18000000000004\n" }],
  ["whose tcbm is a number", { tcbm: 1_234_567_890_123_456 }],
  ["whose cacheControl is a number", { cacheControl: 86_400 }],
  ["whose cacheControl is no number of seconds", { cacheControl: "max-age=86400" }],
  ["whose cacheControl has a unit", { cacheControl: "86400s" }],
  ["whose cacheControl is null", { cacheControl: null }],
];
for (const [what, members] of refused) {
  test(`a file ${what} is refused`, { skip }, () =>
    assertRefused(() => parseHostAmdCert(withMembers(members)), "HOST_CERTIFICATES_MALFORMED"),
  );
}

test("a file that does not say how long it is kept says nothing about it", { skip }, () => {
  assert.equal(parseHostAmdCert(withMembers({ cacheControl: undefined })).cacheSeconds, null);
});

test("a file of 65536 bytes is read, and a longer one is not", { skip }, async () => {
  const padded = (size: number) => Buffer.concat([synthetic(), Buffer.alloc(size - synthetic().length, " ")]);
  assert.equal(parseHostAmdCert(padded(65_536)).certificates.length, 3);
  await assertRefused(() => parseHostAmdCert(padded(65_537)), "HOST_CERTIFICATES_MALFORMED");
});

test("a file with two leaves is refused", { skip }, () => {
  const { vcekCert } = JSON.parse(synthetic().toString("utf8"));
  return assertRefused(
    () => parseHostAmdCert(withMembers({ vcekCert: vcekCert + vcekCert })),
    "HOST_CERTIFICATES_MALFORMED",
  );
});

for (const text of ["", "[]", "null", '{"vcekCert":""}', '{"tcbm":"1","tcbm":"2"}', `"${"x".repeat(65_536)}"`]) {
  test(`${text.slice(0, 20) || "nothing"} is no such file`, () =>
    assertRefused(() => parseHostAmdCert(Buffer.from(text)), "HOST_CERTIFICATES_MALFORMED"));
}

test("the base64 text itself is no such file", { skip }, () =>
  assertRefused(() => parseHostAmdCert(azureFile("host-amd-cert/host-amd-cert-base64")), "HOST_CERTIFICATES_MALFORMED"),
);

test("real groups are verified from their reports with the certificates that their hosts had", { skip }, async () => {
  for (const { vector } of endorsed) {
    const pem = (file: string) => Buffer.from(fileOf(`${vector.name}/${file}`)).toString("utf8");
    const value = parseReport(fileOf(`${vector.name}/${vector.files.report}`)).reportedTcb.value;
    const tcbm = value.toString(16).toUpperCase().padStart(16, "0");
    const { vek, intermediate, ark } = vector.files;
    const file = { vcekCert: pem(vek), tcbm, certificateChain: pem(intermediate) + pem(ark), cacheControl: "86400" };
    const host = parseHostAmdCert(Buffer.from(JSON.stringify(file)));
    const evidence = { report: fileOf(`${vector.name}/${vector.files.report}`), certificates: host.certificates };
    await verifyReport(evidence, { roots: amdRoots(), now: new Date(vector.verifyAt), revocation });
  }
});
