import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { AttestationError } from "#attestation";
import {
  isJsonObject,
  type JsonValue,
  parseStrictJson,
} from "../../../services/lib/attestation/encoding/strict-json.ts";
import { assertRefused } from "./refusal.ts";

const parse = (text: string | Uint8Array) =>
  parseStrictJson(
    typeof text === "string" ? new TextEncoder().encode(text) : text,
    (reason) => new AttestationError("TOKEN_MALFORMED", reason),
  );

/** The same with objects of the ordinary kind, which is what assert compares. */
const plain = (value: JsonValue): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
};

const documents: readonly [string, unknown][] = [
  ["null", null],
  ["true", true],
  [" \t\r\nfalse \t\r\n", false],
  ["0", 0],
  ["-0", -0],
  ["-12", -12],
  ["1.5", 1.5],
  ["1.5e-3", 0.0015],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ["9007199254740993", 9_007_199_254_740_993n],
  ["-9007199254740993", -9_007_199_254_740_993n],
  ["13202930541250959283", 13_202_930_541_250_959_283n],
  ['""', ""],
  ['"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"', 'a"\\/\b\f\n\r\té'],
  ['"\\ud83d\\ude00"', "😀"],
  ["[]", []],
  ["[ 1 , [ ] , { } ]", [1, [], {}]],
  ["{}", {}],
  ['{ "a" : 1 , "b" : { "a" : [ null ] } }', { a: 1, b: { a: [null] } }],
];
for (const [text, value] of documents) test(`reads ${text.trim()}`, () => assert.deepEqual(plain(parse(text)), value));

const refused: readonly [string, string | Uint8Array][] = [
  ["nothing", ""],
  ["white space alone", " "],
  ["a second value", "1 2"],
  ["a byte order mark", "\ufeff1"],
  ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xc3, 0x28, 0x22)],
  ["white space of other kinds", "\u00a01"],
  ["a comment", "1//"],
  ["a word", "undefined"],
  ["a word in capitals", "True"],
  ["half a word", "tru"],
  ["NaN", "NaN"],
  ["a number that begins with a zero", "01"],
  ["a number that begins with a plus", "+1"],
  ["a number without an integer part", ".5"],
  ["a number without a fraction", "1."],
  ["a number without an exponent", "1e"],
  ["hexadecimal digits", "0x1"],
  ["a number beyond all doubles", "1e400"],
  ["a number of many digits", "1".repeat(81)],
  ["an integer with a fraction", "1.0"],
  ["an integer with an exponent", "1e3"],
  ["a fraction that is rounded to an integer", "9007199254740992.5"],
  ["a string that does not end", '"a'],
  ["a string in single quotes", "'a'"],
  ["a control character", '"\n"'],
  ["an escape that is none", '"\\x"'],
  ["half an escape", '"\\u00e"'],
  ["the first half of a pair", '"\\ud83d"'],
  ["the second half of a pair", '"\\ude00"'],
  ["a half pair as a name", '{"\\ud83d":1}'],
  ["a list that does not end", "[1"],
  ["a list without commas", "[1 2]"],
  ["a comma too many", "[1,]"],
  ["a comma alone", "[,]"],
  ["a list that ends as an object", "[1}"],
  ["an object that does not end", '{"a":1'],
  ["an object that ends as a list", '{"a":1]'],
  ["a name without a value", '{"a"}'],
  ["a member without a name", "{1:1}"],
  ["a comma behind the last member", '{"a":1,}'],
  ["two members of one name", '{"a":1,"a":1}'],
  ["two members of one name in two spellings", '{"a":1,"\\u0061":2}'],
  ["two members of one name deep inside", '[{"a":{"b":1,"c":2,"b":3}}]'],
];
for (const [what, text] of refused) test(`refuses ${what}`, () => assertRefused(() => parse(text), "TOKEN_MALFORMED"));

test("an object has the members of the document and no others", () => {
  const document = parse('{"__proto__":{"x":1},"constructor":2}');
  if (!isJsonObject(document)) assert.fail("no object");
  assert.deepEqual(Object.keys(document), ["__proto__", "constructor"]);
  assert.equal(document["constructor"], 2);
  assert.equal(document["toString"], undefined);
  assert.equal(document["x"], undefined);
});

test("nests 64 levels below the document and no more", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  parse(nested(65));
  for (const text of [nested(66), "[".repeat(100_000), '{"a":'.repeat(66)]) {
    assert.throws(() => parse(text), /too deeply/);
  }
});

test("says where it stopped", () => {
  assert.throws(() => parse('{"a":x}'), /no value at character 5/);
});

test("reads what JSON.stringify writes, but for numbers that it spells with exponents", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value);
      if (/\d[eE]/.test(text) || !text.isWellFormed()) return;
      assert.deepEqual(plain(parse(text)), JSON.parse(text));
    }),
    { seed: 7 },
  );
});

test("no text throws anything but what the caller asked for", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\\ue1-.0 tn'.split("")) }), (text) => {
      try {
        parse(text);
      } catch (error) {
        assert.ok(error instanceof AttestationError);
        return;
      }
      // What is accepted is JSON.
      JSON.parse(text);
    }),
    { numRuns: 2_000, seed: 7 },
  );
});
