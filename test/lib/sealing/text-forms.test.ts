import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  canonicalJson,
  fromBase64,
  fromBase64Url,
  fromHex,
  parseCanonicalJson,
  sha256,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from "#sealing";

test("brings bytes through base64, base64url and hex as Node does", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      assert.equal(toBase64(bytes), buffer.toString("base64"));
      assert.equal(toBase64Url(bytes), buffer.toString("base64url"));
      assert.equal(toHex(bytes), buffer.toString("hex"));
      assert.deepEqual(fromBase64(toBase64(bytes)), new Uint8Array(bytes));
      assert.deepEqual(fromBase64Url(toBase64Url(bytes)), new Uint8Array(bytes));
      assert.deepEqual(fromHex(toHex(bytes)), new Uint8Array(bytes));
    }),
  );
});

test("refuses every other spelling of the same bytes", () => {
  for (const bad of ["AA", "AA=", "AB==", "AA==\n", " AA==", "-_==", "AA==AA==", "A", "é"])
    assert.throws(() => fromBase64(bad), { code: "ENCODING_MALFORMED" }, bad);
  for (const bad of ["AA==", "AB", "+/8", "A", "AA\n", "A A"])
    assert.throws(() => fromBase64Url(bad), { code: "ENCODING_MALFORMED" }, bad);
  for (const bad of ["A", "AA", "0g", "0", " 00"])
    assert.throws(() => fromHex(bad), { code: "ENCODING_MALFORMED" }, bad);
});

test("writes canonical JSON as RFC 8785 sorts and spells it", () => {
  assert.equal(
    canonicalJson({ b: [1, 1e21, "\u20ac"], a: null, "\u{1F600}": 0 }),
    '{"a":null,"b":[1,1e+21,"€"],"😀":0}',
  );
  assert.throws(() => canonicalJson(undefined), { code: "JSON_NOT_CANONICAL" });
  assert.throws(() => canonicalJson({ a: Number.NaN }), { code: "JSON_NOT_CANONICAL" });
});

test("reads nothing but canonical JSON", () => {
  assert.deepEqual(parseCanonicalJson('{"a":1,"b":"x"}'), { a: 1, b: "x" });
  for (const bad of ['{"a":1,"a":1}', '{"b":1,"a":1}', '{ "a":1}', '{"a":1.0}', '{"a":"\\u0061"}', "{", "", '"\uD800"'])
    assert.throws(() => parseCanonicalJson(bad), { code: "JSON_NOT_CANONICAL" }, bad);
});

test("hashes with SHA-256", async () => {
  assert.equal(toHex(await sha256(utf8("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
