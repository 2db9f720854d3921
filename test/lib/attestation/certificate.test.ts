import assert from "node:assert/strict";
import { test } from "node:test";
import { certificatesFrom, parseCertificate } from "#attestation";
import { der, fakeEvidence } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";

const { certificates } = await fakeEvidence();
const [leaf, ask, ark] = certificates;
assert.ok(leaf && ask && ark);

const pem = (bytes: Uint8Array, end = "\n") =>
  [
    "-----BEGIN CERTIFICATE-----",
    ...(Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? []),
    "-----END CERTIFICATE-----",
    "",
  ].join(end);
const utf8 = (text: string) => new TextEncoder().encode(text);

test("parses the fields of a certificate", () => {
  const certificate = parseCertificate(leaf);
  assert.equal(certificate.serialNumber, "00");
  assert.deepEqual(certificate.subjectAttributes.at(-1), { type: "2.5.4.3", value: "SEV-VCEK" });
  assert.equal(certificate.notAfter, Date.parse("2032-01-01T00:00:00Z"));
  assert.equal(certificate.extensions.size, 11);
});

test("reads one certificate as DER", () => {
  assert.deepEqual(certificatesFrom(leaf), [leaf]);
});

test("reads one or several certificates as PEM, whatever ends the lines", () => {
  assert.deepEqual(certificatesFrom(utf8(pem(leaf))), [leaf]);
  assert.deepEqual(certificatesFrom(utf8(pem(leaf) + pem(ask) + pem(ark))), [leaf, ask, ark]);
  assert.deepEqual(certificatesFrom(utf8(pem(ark, "\r\n") + pem(ask, "\r\n"))), [ark, ask]);
});

const good = pem(leaf);
for (const [what, text] of [
  ["nothing", ""],
  ["text before it", `Bag Attributes\n${good}`],
  ["another kind of block", good.replaceAll("CERTIFICATE", "PUBLIC KEY")],
  ["no end", good.slice(0, -30)],
  ["a sign outside the alphabet", good.replace("\nMII", "\nM*I")],
  ["a space in a line", good.replace("\nMII", "\nM II")],
  ["an empty line inside", good.replace("-----\n", "-----\n\n")],
  ["base64 cut short", pem(leaf).replace(/(.)\n-----END/, "\n-----END")],
  ["bytes behind the certificate", pem(Uint8Array.from([...leaf, 0]))],
  ["a sign that is not ASCII", good.replace("MII", "MI\u0130")],
] as const) {
  test(`refuses PEM with ${what}`, () => assertRefused(() => certificatesFrom(utf8(text)), "CERTIFICATE_MALFORMED"));
}

test("refuses a certificate cut short anywhere and one with bytes behind it", async () => {
  for (let length = 0; length < leaf.length; length += 1) {
    await assertRefused(() => parseCertificate(leaf.subarray(0, length)), "CERTIFICATE_MALFORMED");
  }
  await assertRefused(() => parseCertificate(Uint8Array.from([...leaf, 0])), "CERTIFICATE_MALFORMED");
  await assertRefused(() => parseCertificate(new Uint8Array(8193).fill(0x30)), "CERTIFICATE_MALFORMED");
});

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
for (const [what, bytes] of [
  ["an indefinite length", Uint8Array.from([0x30, 0x80, ...leaf.slice(4), 0, 0])],
  ["a length of four bytes", Uint8Array.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff, ...leaf.slice(4)])],
  ["a length with a leading zero", Uint8Array.from([0x30, 0x83, 0, ...leaf.slice(2)])],
  ["a long form for a short length", hex("30810100")],
  ["a tag of several bytes", hex("3f8101020000")],
  ["nesting a thousand deep", Array.from({ length: 1000 }).reduce<Uint8Array>((inner) => der(0x30, inner), hex(""))],
] as const) {
  test(`refuses ${what}`, () => assertRefused(() => parseCertificate(bytes), "CERTIFICATE_MALFORMED"));
}

/** Replaces the one occurrence of some bytes by as many others. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  assert.equal(text.split(from).length, 2, `${from} occurs once`);
  assert.equal(from.length, to.length);
  return Buffer.from(text.replace(from, to), "latin1");
}

for (const [what, to] of [
  ["a day that does not exist", "320230000000Z"],
  ["a thirteenth month", "321301000000Z"],
  ["hour 24", "320101240000Z"],
  ["a leap second", "311231235960Z"],
  ["an offset", "3201010000+01"],
] as const) {
  test(`refuses a validity with ${what}`, () =>
    assertRefused(() => parseCertificate(replaced(leaf, "320101000000Z", to)), "CERTIFICATE_MALFORMED"));
}

test("reads UTCTime years from 50 on as of the twentieth century", () => {
  const parsed = parseCertificate(replaced(leaf, "250101000000Z", "500101000000Z"));
  assert.equal(parsed.notBefore, Date.parse("1950-01-01T00:00:00Z"));
  assert.equal(
    parseCertificate(replaced(leaf, "320101000000Z", "491231235959Z")).notAfter,
    Date.parse("2049-12-31T23:59:59Z"),
  );
});

test("refuses X.509 versions 1 and 2, negative serial numbers and criticality that is FALSE", async () => {
  for (const [from, to] of [
    ["\xa0\x03\x02\x01\x02\x02\x01\x00", "\xa0\x03\x02\x01\x01\x02\x01\x00"],
    ["\xa0\x03\x02\x01\x02\x02\x01\x00", "\xa0\x03\x02\x01\x02\x02\x01\x80"],
  ] as const) {
    await assertRefused(() => parseCertificate(replaced(leaf, from, to)), "CERTIFICATE_MALFORMED");
  }
  await assertRefused(
    () => parseCertificate(replaced(ask, "\x55\x1d\x0f\x01\x01\xff", "\x55\x1d\x0f\x01\x01\x00")),
    "CERTIFICATE_MALFORMED",
  );
});

test("refuses a signature algorithm that differs from the signed one", async () => {
  const parsed = parseCertificate(leaf);
  const other = parseCertificate(ask).signatureAlgorithm;
  const mixed = der(0x30, parsed.tbsCertificate, other, der(0x03, hex("00"), parsed.signatureValue));
  await assertRefused(() => parseCertificate(mixed), "CERTIFICATE_MALFORMED");
});

test("refuses lengths and object identifiers that are longer than they need to be", async () => {
  const spki = parseCertificate(leaf).subjectPublicKeyInfo;
  assert.equal(spki[1], 0x76);
  const long = Uint8Array.from([0x30, 0x81, ...spki.slice(1)]);
  const [lengthy] = (await fakeEvidence({ vcek: (one) => ({ ...one, spki: long }) })).certificates;
  assert.ok(lengthy);
  await assertRefused(() => parseCertificate(lengthy), "CERTIFICATE_MALFORMED");
  const productName = "\x2b\x06\x01\x04\x01\x9c\x78";
  const padded = replaced(leaf, `${productName}\x01\x02`, `${productName}\x80\x02`);
  await assertRefused(() => parseCertificate(padded), "CERTIFICATE_MALFORMED");
});
