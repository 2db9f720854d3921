import assert from "node:assert/strict";
import { test } from "node:test";
import { amdRoots, certificatesOfTable, parseCertificateTable, verifyReport } from "#attestation";
import { assertRefused } from "./refusal.ts";
import { certificateOf, fileOf, index, mutate, skip } from "./vectors.ts";

const tables = index.vectors.flatMap(({ name, files: { certTable, ...files }, verifyAt }) =>
  certTable === undefined ? [] : [{ name, files, verifyAt, table: `${name}/${certTable}` }],
);
const tableOf = (base: string) =>
  fileOf(tables.find(({ name }) => name === base)?.table ?? assert.fail(`no table of ${base}`));

for (const { name, files, verifyAt, table } of tables) {
  test(`finds the leaf in the table of ${name}`, { skip }, () => {
    const { certificates, ignored } = certificatesOfTable(fileOf(table));
    const leaf = Buffer.from(certificateOf(`${name}/${files.vek}`)).toString("hex");
    assert.ok(certificates.some((one) => Buffer.from(one).toString("hex") === leaf));
    assert.deepEqual(ignored, []);
  });
  test(`verifies ${name} with what its table holds`, { skip }, async () => {
    const { certificates } = certificatesOfTable(fileOf(table));
    const evidence = { report: fileOf(`${name}/${files.report}`), certificates };
    const revocation = { unchecked: "not of this test" };
    await verifyReport(evidence, { roots: amdRoots(), now: new Date(verifyAt), revocation });
  });
}

for (const { base, mutations, expected, note } of index.certTableNegatives) {
  const changed = () => mutations.reduce(mutate, tableOf(base));
  test(`table of ${base}, ${note}: ${expected}`, { skip }, async () => {
    if (expected === "bad_cert_table")
      await assertRefused(() => certificatesOfTable(changed()), "CERTIFICATE_TABLE_MALFORMED");
    else if (expected === "empty_table") assert.deepEqual(parseCertificateTable(changed()), []);
    else {
      assert.equal(expected, "unknown_guid_ignored");
      const [first] = parseCertificateTable(changed());
      assert.equal(first?.kind, null);
    }
  });
}

/** A table of entries given as GUID and blob, in this order. */
function tableWith(...entries: readonly (readonly [guid: string, blob: Uint8Array])[]): Uint8Array {
  let at = (entries.length + 1) * 24;
  const heads = entries.map(([guid, blob]) => {
    const head = Buffer.alloc(24);
    head.write(guid.replaceAll("-", ""), "hex");
    head.writeUInt32LE(at, 16);
    head.writeUInt32LE(blob.length, 20);
    at += blob.length;
    return head;
  });
  return Buffer.concat([...heads, Buffer.alloc(24), ...entries.map(([, blob]) => blob)]);
}

const VCEK = "63da758d-e664-4564-adc5-f4b93be8accd";
const ASK = "4ab7b379-bbac-4fe4-a02f-05aef327c782";
const CRL = "92f81bc3-5811-4d3d-97ff-d19f88dc67ea";

test("a blob may end with the last byte of the table and not one behind it", async () => {
  const table = tableWith([CRL, Uint8Array.of(1, 2, 3)]);
  assert.deepEqual(
    certificatesOfTable(table).crls.map((crl) => [...crl]),
    [[1, 2, 3]],
  );
  await assertRefused(() => parseCertificateTable(table.subarray(0, -1)), "CERTIFICATE_TABLE_MALFORMED", { offset: 0 });
});

test("a blob may begin behind the terminating entry and not inside it", async () => {
  const table = Buffer.from(tableWith([CRL, Uint8Array.of(1, 2, 3)]));
  table.writeUInt32LE(47, 16);
  await assertRefused(() => parseCertificateTable(table), "CERTIFICATE_TABLE_MALFORMED");
});

test("an entry without a byte is refused", async () => {
  await assertRefused(() => parseCertificateTable(tableWith([CRL, new Uint8Array()])), "CERTIFICATE_TABLE_MALFORMED");
});

test("a table without an entry holds nothing", () => {
  assert.deepEqual(certificatesOfTable(new Uint8Array(24)), { certificates: [], crls: [], ignored: [] });
});

test("a table larger than any kernel passes is refused", async () => {
  await assertRefused(() => parseCertificateTable(new Uint8Array(65_537)), "CERTIFICATE_TABLE_MALFORMED");
});

test("names entries by their GUID in the order of RFC 4122", () => {
  const [entry] = parseCertificateTable(tableWith([VCEK, Uint8Array.of(9)]));
  assert.deepEqual([entry?.guid, entry?.kind, entry?.offset], [VCEK, "VCEK", 48]);
});

test("refuses two entries of one kind, so that none shadows the other", async () => {
  const twice = tableWith([CRL, Uint8Array.of(1)], [CRL, Uint8Array.of(2)]);
  await assertRefused(() => parseCertificateTable(twice), "CERTIFICATE_TABLE_MALFORMED");
});

test("a bad leaf is refused", async () => {
  await assertRefused(() => certificatesOfTable(tableWith([VCEK, Uint8Array.of(0x30, 0x80)])), "CERTIFICATE_MALFORMED");
});

test("a bad ASK is passed over by name, and the one that AMD publishes completes the chain", { skip }, async () => {
  const vector = index.vectors.find(({ name }) => name === "milan-v3-vcek-azure-caci-01") ?? assert.fail("no vector");
  const leaf = certificateOf(`${vector.name}/${vector.files.vek}`);
  const { certificates, ignored } = certificatesOfTable(tableWith([VCEK, leaf], [ASK, Buffer.alloc(64, 0xff)]));
  assert.equal(ignored.length, 1);
  assert.match(ignored[0] ?? "", /^ASK: /);
  const evidence = { report: fileOf(`${vector.name}/${vector.files.report}`), certificates };
  const now = new Date(vector.verifyAt);
  const verified = await verifyReport(evidence, {
    roots: amdRoots(),
    now,
    revocation: { unchecked: "not of this test" },
  });
  assert.equal(verified.certificates.intermediate.commonName, "SEV-Milan");
});
