// Thrift's compact protocol, writing: as much of it as Parquet's metadata needs (no maps, no doubles).
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
import { utf8 } from "./bytes.ts";
import { ByteSink } from "./byte-sink.ts";

const TRUE = 1;
const FALSE = 2;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** A value of a field, without its number. */
interface Value {
  readonly type: number;
  readonly write: (sink: ByteSink) => void;
}

/** A field of a struct: number and value. `undefined` is left out. */
export type Field = readonly [id: number, value: Value | undefined];

const zigzag = (sink: ByteSink, value: number): void => sink.varint(value < 0 ? -2 * value - 1 : 2 * value);

const integer =
  (type: number) =>
  (value: number): Value => ({ type, write: (sink) => zigzag(sink, value) });

/** An i16. */
export const i16 = integer(I16);
/** An i32; enumerations are i32. */
export const i32 = integer(I32);
/** An i64 within the safe integers. */
export const i64 = integer(I64);
/** A boolean: the value is in the type. */
export const bool = (value: boolean): Value => ({ type: value ? TRUE : FALSE, write: () => {} });

/** Binary or, from a string, its UTF-8. */
export const binary = (value: Uint8Array | string): Value => {
  const bytes = typeof value === "string" ? utf8(value) : value;
  return {
    type: BINARY,
    write: (sink) => {
      sink.varint(bytes.length);
      sink.bytes(bytes);
    },
  };
};

/** A list; `type` is that of an element, so that an empty list has one too. */
export const list = (type: "i32" | "binary" | "struct", values: readonly Value[]): Value => ({
  type: LIST,
  write: (sink) => {
    const code = { i32: I32, binary: BINARY, struct: STRUCT }[type];
    if (values.length < 15) sink.byte((values.length << 4) | code);
    else {
      sink.byte(0xf0 | code);
      sink.varint(values.length);
    }
    for (const value of values) value.write(sink);
  },
});

/** A struct; fields in ascending order of their numbers. */
export const struct = (...fields: readonly Field[]): Value => ({
  type: STRUCT,
  write: (sink) => {
    let last = 0;
    for (const [id, value] of fields) {
      if (value === undefined) continue;
      const step = id - last;
      if (step < 1 || step > 15) throw new RangeError(`field ${id} after ${last}`);
      sink.byte((step << 4) | value.type);
      value.write(sink);
      last = id;
    }
    sink.byte(0);
  },
});

/** The bytes of a struct. */
export const encodeStruct = (value: Value): Uint8Array<ArrayBuffer> => {
  const sink = new ByteSink();
  value.write(sink);
  return sink.written;
};
