// Thrift's compact protocol, reading hostile bytes: every length is checked against what is left before anything is
// allocated, nesting is limited, and what Parquet's metadata does not use (maps) is refused.
import { fromUtf8 } from "./bytes.ts";

/** What is wrong with the bytes; whoever reads knows the place and says so. */
export class ThriftError extends Error {}

/** A struct: values by field number. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
type ThriftValue = boolean | number | Uint8Array | ThriftStruct | readonly ThriftValue[];

const MAX_DEPTH = 16;

class Cursor {
  readonly #bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  get left(): number {
    return this.#bytes.length - this.position;
  }

  byte(): number {
    const value = this.#bytes[this.position++];
    if (value === undefined) throw new ThriftError("ends early");
    return value;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ThriftError("has a number of more than 64 bits");
  }

  integer(): number {
    const zigzag = this.varint();
    const value = Number((zigzag >> 1n) ^ -(zigzag & 1n));
    if (!Number.isSafeInteger(value)) throw new ThriftError("has a number beyond 2^53");
    return value;
  }

  length(): number {
    const value = this.varint();
    if (value > BigInt(this.left)) throw new ThriftError("has a length beyond its end");
    return Number(value);
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new ThriftError("ends early");
    const bytes = this.#bytes.subarray(this.position, this.position + length);
    this.position += length;
    return bytes;
  }
}

const readList = (cursor: Cursor, depth: number): readonly ThriftValue[] => {
  const head = cursor.byte();
  // Every element takes a byte at least, so a length within what is left bounds the list.
  const length = head >> 4 === 15 ? cursor.length() : head >> 4;
  return Array.from({ length }, () => readValue(cursor, head & 15, depth));
};

const readValue = (cursor: Cursor, type: number, depth: number): ThriftValue => {
  switch (type) {
    case 1:
    case 2:
      return cursor.byte() === 1;
    case 3:
      return (cursor.byte() << 24) >> 24;
    case 4:
    case 5:
    case 6:
      return cursor.integer();
    case 7:
      return cursor.take(8);
    case 8:
      return cursor.take(cursor.length());
    case 9:
    case 10:
      return readList(cursor, depth + 1);
    case 12:
      return readFields(cursor, depth + 1);
    default:
      throw new ThriftError(`has type ${type}`);
  }
};

const readFields = (cursor: Cursor, depth: number): ThriftStruct => {
  if (depth > MAX_DEPTH) throw new ThriftError(`nests deeper than ${MAX_DEPTH}`);
  const fields = new Map<number, ThriftValue>();
  for (let id = 0; ;) {
    const head = cursor.byte();
    if (head === 0) return fields;
    id = head >> 4 === 0 ? cursor.integer() : id + (head >> 4);
    if (fields.has(id)) throw new ThriftError(`has field ${id} twice`);
    const type = head & 15;
    // The value of a boolean field is its type; only in a list does it take a byte.
    fields.set(id, type === 1 ? true : type === 2 ? false : readValue(cursor, type, depth));
  }
};

/**
 * Reads the struct at an offset.
 *
 * @returns the struct and the offset after it
 * @throws ThriftError
 */
export const readStruct = (bytes: Uint8Array, offset = 0): { readonly struct: ThriftStruct; readonly end: number } => {
  const cursor = new Cursor(bytes, offset);
  const struct = readFields(cursor, 0);
  return { struct, end: cursor.position };
};

/**
 * Reads bytes that are one struct and nothing else but zeros: parquet-cpp encrypts its buffer, not its struct.
 *
 * @throws ThriftError
 */
export const readWholeStruct = (bytes: Uint8Array): ThriftStruct => {
  const { struct, end } = readStruct(bytes);
  if (bytes.subarray(end).some((byte) => byte !== 0)) throw new ThriftError("has bytes after its end");
  return struct;
};

const wrongField = (id: number, want: string): ThriftError => new ThriftError(`has no ${want} in field ${id}`);

/** The struct in a field, or undefined. */
export const optionalStruct = (struct: ThriftStruct, id: number): ThriftStruct | undefined => {
  const value = struct.get(id);
  if (value === undefined || value instanceof Map) return value;
  throw wrongField(id, "struct");
};

/** The struct in a field. */
export const structIn = (struct: ThriftStruct, id: number): ThriftStruct => {
  const value = optionalStruct(struct, id);
  if (value === undefined) throw wrongField(id, "struct");
  return value;
};

/** The integer in a field, or undefined. */
export const optionalInteger = (struct: ThriftStruct, id: number): number | undefined => {
  const value = struct.get(id);
  if (value === undefined || typeof value === "number") return value;
  throw wrongField(id, "integer");
};

/** The integer in a field. */
export const integerIn = (struct: ThriftStruct, id: number): number => {
  const value = optionalInteger(struct, id);
  if (value === undefined) throw wrongField(id, "integer");
  return value;
};

/** The integer in a field that counts something: not negative. */
export const countIn = (struct: ThriftStruct, id: number): number => {
  const value = integerIn(struct, id);
  if (value < 0) throw wrongField(id, "count");
  return value;
};

/** The bytes in a field, or undefined. */
export const optionalBinary = (struct: ThriftStruct, id: number): Uint8Array | undefined => {
  const value = struct.get(id);
  if (value === undefined || value instanceof Uint8Array) return value;
  throw wrongField(id, "binary");
};

/** The bytes in a field. */
export const binaryIn = (struct: ThriftStruct, id: number): Uint8Array => {
  const value = optionalBinary(struct, id);
  if (value === undefined) throw wrongField(id, "binary");
  return value;
};

/** The UTF-8 text in a field. */
export const textIn = (struct: ThriftStruct, id: number): string => {
  try {
    return fromUtf8(binaryIn(struct, id));
  } catch {
    throw wrongField(id, "text");
  }
};

const listIn = (struct: ThriftStruct, id: number): readonly ThriftValue[] => {
  const value = struct.get(id);
  if (!Array.isArray(value)) throw wrongField(id, "list");
  return value;
};

/** The structs of the list in a field. */
export const structsIn = (struct: ThriftStruct, id: number): readonly ThriftStruct[] =>
  listIn(struct, id).map((value) => {
    if (value instanceof Map) return value;
    throw wrongField(id, "list of structs");
  });

/** The texts of the list in a field. */
export const textsIn = (struct: ThriftStruct, id: number): readonly string[] =>
  listIn(struct, id).map((value) => {
    if (!(value instanceof Uint8Array)) throw wrongField(id, "list of texts");
    try {
      return fromUtf8(value);
    } catch {
      throw wrongField(id, "list of texts");
    }
  });
