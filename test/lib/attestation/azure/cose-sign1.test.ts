// The message of an endorsement, properly signed each time, with exactly one thing wrong.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AttestationCode, verifyUvmEndorsement } from "#attestation";
import { assertRefused } from "../refusal.ts";
import { bytes, head, item, list, map, tag } from "./cbor-writer.ts";
import { fakeEndorsement, type FakeUvm, measurement } from "./fake-endorsement.ts";

const verify = (changes: FakeUvm, rewrite: (message: Uint8Array) => Uint8Array = (message) => message) => {
  const { bytes: message, expected } = fakeEndorsement(changes);
  return verifyUvmEndorsement(rewrite(message), expected);
};
/** Replaces a member of the protected header, or adds it; nothing in its place takes it away. */
const header = (key: number | string, value?: Uint8Array): FakeUvm => ({
  header: (members) => [
    ...members.filter(([other]) => other !== key),
    ...(value === undefined ? [] : [[key, value] as const]),
  ],
});
const unprotected = (value: Uint8Array): FakeUvm => ({
  parts: ([protectedHeader = value, , ...rest]) => [protectedHeader, value, ...rest],
});

const claims = { "x-ms-sevsnpvm-launchmeasurement": measurement, "x-ms-sevsnpvm-guestsvn": "104" };

const accepted: readonly [string, FakeUvm][] = [
  ["members of the protected header that it does not know", header("x", item(1))],
  ["anything in the unprotected header", unprotected(map([1, item(-7)], ["feed", item("other")], [2, list(item(1))]))],
];
for (const [what, changes] of accepted) {
  test(`accepts ${what}`, async () => {
    assert.equal((await verify(changes)).feed, "feed");
  });
}

const refused: readonly [string, FakeUvm, AttestationCode][] = [
  ["no algorithm", header(1), "UVM_ALGORITHM"],
  ["PS256", header(1, item(-37)), "UVM_ALGORITHM"],
  ["an algorithm by name", header(1, item("PS384")), "UVM_ALGORITHM"],
  ["an algorithm of another type", header(1, list()), "UVM_ALGORITHM"],
  ["headers that must be understood", header(2, list(item("x"))), "UVM_ALGORITHM"],
  ["no content type", header(3), "UVM_MALFORMED"],
  ["a content type by number", header(3, item(50)), "UVM_MALFORMED"],
  ["another content type", header(3, item("application/json; charset=utf-8")), "UVM_MALFORMED"],
  ["no chain", header(33), "UVM_MALFORMED"],
  ["one certificate that is no list", { chain: ([leaf = bytes(item(0))]) => [leaf] }, "UVM_MALFORMED"],
  ["a chain with a text in it", header(33, list(bytes(Uint8Array.of(1)), item("b"))), "UVM_MALFORMED"],
  ["a chain of texts", header(33, list(item("a"), item("b"))), "UVM_MALFORMED"],
  ["no issuer", header("iss"), "UVM_ISSUER"],
  ["an issuer that is a list", header("iss", list(item("a"))), "UVM_ISSUER"],
  ["no feed", header("feed"), "UVM_FEED"],
  ["a feed that only begins so", header("feed", item("feeds")), "UVM_FEED"],
  ["a feed of bytes", header("feed", bytes(Buffer.from("feed"))), "UVM_FEED"],
  ["an unprotected header that is no map", unprotected(list()), "UVM_MALFORMED"],
  ["a protected header that is no map", { parts: ([, ...rest]) => [bytes(list()), ...rest] }, "UVM_MALFORMED"],
  ["an empty protected header", { parts: ([, ...rest]) => [bytes(new Uint8Array(0)), ...rest] }, "UVM_MALFORMED"],
  ["a protected header outside of its bytes", { parts: ([, ...rest]) => [map(), ...rest] }, "UVM_MALFORMED"],
  ["a signature that is no bytes", { parts: (parts) => [...parts.slice(0, 3), item("")] }, "UVM_MALFORMED"],
  ["no signature", { parts: (parts) => parts.slice(0, 3) }, "UVM_MALFORMED"],
  ["two signatures", { parts: (parts) => [...parts, bytes(new Uint8Array(0))] }, "UVM_MALFORMED"],
  ["an empty signature", { parts: (parts) => [...parts.slice(0, 3), bytes(new Uint8Array(0))] }, "UVM_SIGNATURE"],
];
for (const [what, changes, code] of refused) {
  test(`refuses ${what}`, () => assertRefused(() => verify(changes), code));
}

test("refuses a message without its tag, or with another or with two", async () => {
  for (const rewrite of [
    (message: Uint8Array) => message.subarray(1),
    (message: Uint8Array) => Buffer.concat([head(6, 17), message.subarray(1)]),
    (message: Uint8Array) => tag(55_799, message),
  ]) {
    await assertRefused(() => verify({}, rewrite), "UVM_MALFORMED");
  }
});

test("refuses a message longer than any there is, by one byte", async () => {
  const filled = (size: number) => unprotected(map(["timestamp", bytes(new Uint8Array(size))]));
  const most = 65_535;
  const around = fakeEndorsement(filled(40_000)).bytes.length - 40_000;
  assert.equal(fakeEndorsement(filled(most - around)).bytes.length, most);
  await verify(filled(most - around));
  await assertRefused(() => verify(filled(most - around + 1)), "UVM_MALFORMED");
});

test("takes chains of up to eight certificates apart", async () => {
  const repeated = (count: number): FakeUvm => ({
    chain: ([leaf = bytes(item(0))]) => Array.from({ length: count }, () => leaf),
  });
  // The chain itself does not hold.
  await assertRefused(() => verify(repeated(8)), "UVM_CHAIN_INVALID");
  await assertRefused(() => verify(repeated(9)), "UVM_MALFORMED");
});

test("verifies headers and payloads of every length class", async () => {
  const plain = Buffer.byteLength(JSON.stringify(claims));
  for (const size of [plain, 255, 256, 257, 20_000]) {
    assert.equal((await verify({ payload: JSON.stringify(claims).padEnd(size) })).svn, 104);
    assert.equal((await verify(header("x", bytes(new Uint8Array(size))))).svn, 104);
  }
});

test("signs short payloads as CBOR has them, so that they are refused for what they say", async () => {
  for (const size of [2, 23, 24, 25]) {
    await assertRefused(() => verify({ payload: "{}".padEnd(size) }), "UVM_MALFORMED");
  }
});
