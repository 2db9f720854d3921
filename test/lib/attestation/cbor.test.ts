import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { AttestationError } from "#attestation";
import { type CborValue, cborText, parseCbor } from "../../../services/lib/attestation/encoding/cbor.ts";
import { bytes, head, item, list, map, tag } from "./azure/cbor-writer.ts";
import { assertRefused } from "./refusal.ts";

const refuse = (reason: string) => new AttestationError("UVM_MALFORMED", reason);
const parse = (encoded: Uint8Array) => parseCbor(new Uint8Array(encoded), refuse);
const hex = (text: string) => Buffer.from(text, "hex");

/** RFC 8949 appendix A, as far as it is read. */
const examples: readonly [string, CborValue][] = [
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["18ff", 255],
  ["190100", 256],
  ["19ffff", 65_535],
  ["1a00010000", 65_536],
  ["1affffffff", 4_294_967_295],
  ["1b0000000100000000", 4_294_967_296],
  ["1b001fffffffffffff", Number.MAX_SAFE_INTEGER],
  ["20", -1],
  ["3903e7", -1000],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["40", new Uint8Array(0)],
  ["4401020304", Uint8Array.of(1, 2, 3, 4)],
  ["60", ""],
  ["63e6b0b4", "水"],
  ["80", []],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["a0", new Map()],
  [
    "a201020304",
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    "a26161016162820203",
    new Map<string, CborValue>([
      ["a", 1],
      ["b", [2, 3]],
    ]),
  ],
  ["c11a514b67b0", { tag: 1, value: 1_363_896_240 }],
];
for (const [encoded, value] of examples) {
  test(`${encoded} is ${cborText(value)}`, () => assert.deepEqual(parse(hex(encoded)), value));
}

test("a text is taken as it is, with its byte order mark and without normalization", () => {
  assert.equal(parse(hex("62c3bc")), "ü");
  assert.equal(parse(hex("63efbbbf")), "\ufeff");
});

const refused: readonly [string, string | Uint8Array][] = [
  ["nothing", ""],
  ["bytes behind the item", "0000"],
  ["23 in two bytes", "1817"],
  ["255 in three bytes", "1900ff"],
  ["65535 in five bytes", "1a0000ffff"],
  ["2^32 - 1 in nine bytes", "1b00000000ffffffff"],
  ["2^53", "1b0020000000000000"],
  ["2^64 - 1", "1bffffffffffffffff"],
  ["-2^64", "3bffffffffffffffff"],
  ["a length in two bytes that one would hold", "5801aa"],
  ["an argument cut short", "19ff"],
  ["reserved arguments", "1c"],
  ["bytes of an indefinite length", "5f4101ff"],
  ["a text of an indefinite length", "7f6161ff"],
  ["a list of an indefinite length", "9f01ff"],
  ["a map of an indefinite length", "bf0102ff"],
  ["a break alone", "ff"],
  ["undefined", "f7"],
  ["a simple value", "f0"],
  ["a simple value in two bytes", "f8ff"],
  ["a half float", "f93c00"],
  ["a float", "fa47c35000"],
  ["a double", "fb3ff199999999999a"],
  ["bytes cut short", "4401"],
  ["a text cut short", "6461"],
  ["a list cut short", "8201"],
  ["a map cut short", "a101"],
  ["a tag of nothing", "c1"],
  ["a text that is not UTF-8", "62c328"],
  ["a surrogate in a text", "63eda080"],
  ["a length beyond the bytes", "5b001fffffffffffff"],
  ["a list that promises 2^53 items", "9b001fffffffffffff"],
  ["two equal integer keys", "a201020103"],
  ["two equal text keys", map(["a", item(1)], ["b", item(1)], ["a", item(2)])],
  ["a key that is bytes", "a1410101"],
  ["a key that is a list", "a18001"],
  ["a key that is true", "a1f501"],
];
for (const [what, encoded] of refused) {
  test(`refuses ${what}`, () =>
    assertRefused(() => parse(typeof encoded === "string" ? hex(encoded) : encoded), "UVM_MALFORMED"));
}

test("keys of different types are different keys", () => {
  assert.equal((parse(map([1, item("a")], ["1", item("b")])) as Map<unknown, unknown>).size, 2);
});

test("nests eight levels and no more", () => {
  const nested = (levels: number, wrap: (value: Uint8Array) => Uint8Array): Uint8Array =>
    levels === 0 ? item(0) : wrap(nested(levels - 1, wrap));
  for (const wrap of [list, (value: Uint8Array) => tag(1, value), (value: Uint8Array) => map([1, value])]) {
    parse(nested(8, wrap));
    assert.throws(() => parse(nested(9, wrap)), /too deeply/);
  }
  assert.throws(() => parse(new Uint8Array(60_000).fill(0x81)), /too deeply/);
});

test("names the byte at which it stopped", () => {
  assert.throws(() => parse(list(item(1), head(7, 23))), /at byte 3/);
});

interface Written {
  readonly value: CborValue;
  readonly encoded: Uint8Array;
}
const { written } = fc.letrec<{ written: Written }>((tie) => ({
  written: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -(2 ** 32), max: 2 ** 32 - 1 }).map((value): Written => ({ value, encoded: item(value) })),
    fc.string({ unit: "binary" }).map((value): Written => ({ value, encoded: item(value) })),
    fc
      .uint8Array({ maxLength: 300 })
      .map((value): Written => ({ value: new Uint8Array(value), encoded: bytes(value) })),
    fc.array(tie("written"), { maxLength: 4 }).map((items): Written => ({
      value: items.map(({ value }) => value),
      encoded: list(...items.map(({ encoded }) => encoded)),
    })),
  ),
}));

test("reads what was written", () => {
  fc.assert(
    fc.property(written, ({ value, encoded }) => assert.deepEqual(parse(encoded), value)),
    { seed: 7 },
  );
});

test("no bytes throw anything but what the caller asked for", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (encoded) => {
      try {
        parse(encoded);
      } catch (error) {
        assert.ok(error instanceof AttestationError);
      }
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test("shows a value to people", () => {
  assert.deepEqual([undefined, null, -38, "x".repeat(300), [], new Map(), Uint8Array.of(1)].map(cborText), [
    "none",
    "null",
    "-38",
    "x".repeat(200),
    ...Array<string>(3).fill("not a text or a number"),
  ]);
});
