import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { EncodingError, packBits, unpackHybrid } from "../../../services/lib/sealing/bit-packing.ts";
import { ByteSink } from "../../../services/lib/sealing/byte-sink.ts";
import { readTexts } from "../../../services/lib/sealing/plain-encoding.ts";
import {
  binaryIn,
  integerIn,
  readWholeStruct,
  structIn,
  structsIn,
  textsIn,
  ThriftError,
} from "../../../services/lib/sealing/thrift-reader.ts";
import { binary, bool, encodeStruct, i32, i64, list, struct } from "../../../services/lib/sealing/thrift-writer.ts";

test("reads back every kind of field it writes", () => {
  const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
  const read = readWholeStruct(
    encodeStruct(
      struct(
        [1, i32(-5)],
        [2, i64(Number.MAX_SAFE_INTEGER)],
        [3, undefined],
        [5, bool(true)],
        [6, bool(false)],
        [7, binary(Uint8Array.of(1, 2))],
        [8, list("binary", names.map(binary))],
        [9, list("struct", [struct([1, i32(1)]), struct()])],
        [15, struct([1, struct()])],
      ),
    ),
  );
  assert.equal(integerIn(read, 1), -5);
  assert.equal(integerIn(read, 2), Number.MAX_SAFE_INTEGER);
  assert.equal(read.has(3), false);
  assert.deepEqual([read.get(5), read.get(6)], [true, false]);
  assert.deepEqual(binaryIn(read, 7), Uint8Array.of(1, 2));
  assert.deepEqual(textsIn(read, 8), names);
  assert.equal(structsIn(read, 9).length, 2);
  assert.equal(structIn(structIn(read, 15), 1).size, 0);
});

test("reads a struct that zeros follow, as parquet-cpp leaves them", () => {
  assert.equal(readWholeStruct(Uint8Array.of(0x15, 2, 0, 0, 0)).get(1), 1);
});

test("reads hostile bytes or throws ThriftError, and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        readWholeStruct(bytes);
      } catch (error) {
        assert.ok(error instanceof ThriftError);
      }
    }),
    { numRuns: 20_000 },
  );
});

const hostile: Readonly<Record<string, readonly number[]>> = {
  "a list longer than its bytes": [0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f],
  "a binary longer than its bytes": [0x18, 0xff, 0xff, 0xff, 0xff, 0x0f],
  "a number of more than 64 bits": [0x16, ...Array.from({ length: 11 }, () => 0xff), 0],
  "a number beyond 2^53": [0x16, ...Array.from({ length: 8 }, () => 0xff), 0x7f, 0],
  "a field twice": [0x15, 2, 0x05, 2, 2, 0],
  "structs nested without end": Array.from({ length: 100 }, () => 0x1c),
  "lists nested without end": [0x19, ...Array.from({ length: 100 }, () => 0x19)],
  "a map": [0x1b, 0],
  "no end": [],
  "bytes after its end": [0, 0, 1],
};
for (const [name, bytes] of Object.entries(hostile))
  test(`refuses thrift with ${name}`, () => {
    assert.throws(() => readWholeStruct(Uint8Array.from(bytes)), ThriftError);
  });

test("packs and unpacks codes of every width", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), fc.array(fc.nat(), { maxLength: 50 }), (width, raw) => {
      const values = Int32Array.from(raw, (value) => value % 2 ** width);
      const sink = new ByteSink();
      packBits(sink, values, width);
      const out = new Int32Array(values.length);
      if (values.length > 0) unpackHybrid(sink.written, width, out);
      assert.deepEqual(out, values);
    }),
  );
});

test("unpacks repeated runs beside packed ones (the example of Parquet's specification)", () => {
  const out = new Int32Array(12);
  unpackHybrid(Uint8Array.of(0x03, 0x88, 0xc6, 0xfa, 4 << 1, 5), 3, out);
  assert.deepEqual(out, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5));
});

test("refuses runs that are short, long, empty, endless or left over", () => {
  for (const bytes of [
    [],
    [0x80],
    [0x00, 1],
    [0x03],
    [0x04, 1],
    [0x12, 1],
    [0x10, 1, 0],
    [0xff, 0xff, 0xff, 0xff, 0xff, 1],
  ])
    assert.throws(() => unpackHybrid(Uint8Array.from(bytes), 1, new Int32Array(8)), EncodingError, bytes.join());
});

test("refuses texts that are short, left over, or not UTF-8", () => {
  for (const bytes of [[], [1, 0, 0, 0], [1, 0, 0, 0, 0xff], [0, 0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 65]])
    assert.throws(() => readTexts(Uint8Array.from(bytes), 1), EncodingError, bytes.join());
  assert.throws(() => readTexts(new Uint8Array(8), 2 ** 40), EncodingError);
});
