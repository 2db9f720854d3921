// The form of a CRL: every other form than AMD's is refused by the parser, before anything is verified.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCrl } from "#attestation";
import { der, type FakeCrl, fakeCrl, fakeExtensions } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const date = der(0x17, Buffer.from("260201000000Z"));
const number = { oid: "2.5.29.20", value: hex("020101") };
const extensions = der(0xa0, fakeExtensions(number));
const entry = (...more: readonly Uint8Array[]) => der(0x30, hex("020105"), date, ...more);

const refused: readonly [string, FakeCrl][] = [
  ["of version 1", { version: "020100" }],
  ["whose version is no integer", { version: "040101" }],
  ["with an empty list of entries", { rest: [der(0x30), extensions] }],
  ["with one serial number twice", { rest: [der(0x30, entry(), entry()), extensions] }],
  ["with an entry that is no sequence", { rest: [der(0x30, hex("020105")), extensions] }],
  ["with an entry without a date", { rest: [der(0x30, der(0x30, hex("020105"))), extensions] }],
  ["with a negative serial number", { rest: [der(0x30, der(0x30, hex("020185"), date)), extensions] }],
  ["with a fourth part in an entry", { rest: [der(0x30, entry(fakeExtensions(), fakeExtensions())), extensions] }],
  [
    "whose entry names another issuer, as indirect lists do",
    { rest: [der(0x30, entry(fakeExtensions({ oid: "2.5.29.29", critical: true, value: hex("3000") }))), extensions] },
  ],
  ["without extensions", { rest: [] }],
  ["with something behind its extensions", { rest: [extensions, extensions] }],
  [
    "that is a delta",
    { rest: [der(0xa0, fakeExtensions(number, { oid: "2.5.29.27", critical: true, value: hex("020101") }))] },
  ],
  [
    "that covers a part only",
    { rest: [der(0xa0, fakeExtensions({ oid: "2.5.29.28", critical: true, value: hex("3000") }))] },
  ],
  [
    "with an extension that is not known",
    { rest: [der(0xa0, fakeExtensions({ oid: "2.5.29.99", value: hex("3000") }))] },
  ],
  ["with a known extension marked critical", { rest: [der(0xa0, fakeExtensions({ ...number, critical: true }))] }],
  ["whose nextUpdate is no date", { nextUpdate: "260230000000Z" }],
];
for (const [what, changes] of refused) {
  test(`a CRL ${what} is refused`, async () => {
    const crl = await fakeCrl(changes);
    await assertRefused(() => parseCrl(crl), "CRL_MALFORMED");
  });
}

test("a CRL without nextUpdate is refused", async () => {
  const crl = await fakeCrl({});
  const at = Buffer.from(crl).indexOf(Buffer.from("170d3237", "hex"));
  const shorter = Buffer.concat([crl.subarray(0, at), crl.subarray(at + 15)]);
  // Two lengths hold what was taken out: that of the list and that of its signed part.
  shorter.writeUInt16BE(shorter.readUInt16BE(2) - 15, 2);
  shorter.writeUInt16BE(shorter.readUInt16BE(6) - 15, 6);
  await assertRefused(() => parseCrl(shorter), "CRL_MALFORMED");
});

test("a CRL whose outer algorithm differs from the signed one is refused", async () => {
  const crl = Buffer.from(await fakeCrl({}));
  const at = crl.lastIndexOf(Buffer.from("a303020101", "hex"));
  crl[at + 4] = 2;
  await assertRefused(() => parseCrl(crl), "CRL_MALFORMED");
});

test("a byte behind a CRL is refused", async () => {
  const crl = await fakeCrl({});
  await assertRefused(() => parseCrl(Buffer.concat([crl, hex("00")])), "CRL_MALFORMED");
});

test("a CRL of more than 65,535 bytes is refused", () =>
  assertRefused(() => parseCrl(new Uint8Array(65_536)), "CRL_MALFORMED"));

test("entries may say why and since when", async () => {
  const reasons = fakeExtensions({ oid: "2.5.29.21", value: hex("0a0101") });
  const { revoked } = parseCrl(await fakeCrl({ rest: [der(0x30, entry(reasons)), extensions] }));
  assert.deepEqual([...revoked], [["05", Date.parse("2026-02-01T00:00:00Z")]]);
});
