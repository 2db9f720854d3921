// The bodies of pages, read back: see page-encoding.ts.
import { EncodingError, unpackHybrid } from "./bit-packing.ts";
import type { ColumnVector } from "./column-vector.ts";
import { MAX_DICTIONARY } from "./limits.ts";
import { readInt32s, readTexts } from "./plain-encoding.ts";

/** Cells gathered page by page into a vector. */
export interface VectorBuilder {
  /** Takes a page: its rows and its body. */
  readonly add: (rows: number, body: Uint8Array) => void;
  /** How many rows came so far. */
  readonly rows: () => number;
  readonly vector: () => ColumnVector;
}

/** Reads the body of a dictionary page. */
export const readDictionary = (
  type: "INT32" | "STRING",
  entries: number,
  body: Uint8Array,
): readonly string[] | Int32Array => {
  if (entries > MAX_DICTIONARY) throw new EncodingError(`dictionary has ${entries} entries, at most ${MAX_DICTIONARY}`);
  if (type === "STRING") return readTexts(body, entries);
  const values = new Int32Array(entries);
  readInt32s(body, values);
  return values;
};

/** Splits a body into marks of present cells (null: all are) and the values. */
const splitLevels = (
  nullable: boolean,
  rows: number,
  body: Uint8Array,
): { readonly marks: Int32Array | null; readonly count: number; readonly values: Uint8Array } => {
  if (!nullable) return { marks: null, count: rows, values: body };
  if (body.length < 4) throw new EncodingError("definition levels have no length");
  const length = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(0, true);
  if (4 + length > body.length) throw new EncodingError("definition levels end early");
  const marks = new Int32Array(rows);
  unpackHybrid(body.subarray(4, 4 + length), 1, marks);
  const count = marks.reduce((sum, mark) => sum + mark, 0);
  const values = body.subarray(4 + length);
  return { marks: count === rows ? null : marks, count, values };
};

/** Puts the values of present cells in their rows; where `mark` is 0, what `out` holds stays. */
const scatter = (marks: Int32Array, values: Int32Array, out: Int32Array): void => {
  let next = 0;
  for (let row = 0; row < marks.length; row++) if (marks[row] === 1) out[row] = values[next++] ?? 0;
};

const int32Builder = (nullable: boolean, total: number): VectorBuilder => {
  const values = new Int32Array(total);
  let valid: Uint8Array | null = null;
  let at = 0;
  return {
    add: (rows, body) => {
      const page = splitLevels(nullable, rows, body);
      const out = values.subarray(at, at + rows);
      if (page.marks === null) readInt32s(page.values, out);
      else {
        const found = new Int32Array(page.count);
        readInt32s(page.values, found);
        scatter(page.marks, found, out);
        valid ??= new Uint8Array(total).fill(1);
        valid.set(page.marks, at);
      }
      at += rows;
    },
    rows: () => at,
    vector: () => ({ kind: "int32", values, valid }),
  };
};

const stringBuilder = (nullable: boolean): VectorBuilder => {
  const values: (string | null)[] = [];
  return {
    add: (rows, body) => {
      const page = splitLevels(nullable, rows, body);
      const texts = readTexts(page.values, page.count);
      let next = 0;
      for (let row = 0; row < rows; row++) values.push(page.marks?.[row] === 0 ? null : (texts[next++] ?? null));
    },
    rows: () => values.length,
    vector: () => ({ kind: "string", values }),
  };
};

const dictionaryBuilder = (
  nullable: boolean,
  total: number,
  dictionary: readonly string[] | Int32Array,
): VectorBuilder => {
  const codes = new Int32Array(total).fill(-1);
  let at = 0;
  const readCodes = (bytes: Uint8Array, out: Int32Array): void => {
    const [width] = bytes;
    // A page whose cells are all missing may leave the width out.
    if (width === undefined && out.length === 0) return;
    if (width === undefined || width > 24) throw new EncodingError(`codes have width ${width}, at most 24`);
    unpackPadded(bytes.subarray(1), width, out);
    for (let row = 0; row < out.length; row++)
      if ((out[row] ?? -1) >= dictionary.length) throw new EncodingError("a code is not in the dictionary");
  };
  return {
    add: (rows, body) => {
      const page = splitLevels(nullable, rows, body);
      const out = codes.subarray(at, at + rows);
      if (page.marks === null) readCodes(page.values, out);
      else {
        const found = new Int32Array(page.count);
        readCodes(page.values, found);
        scatter(page.marks, found, out);
      }
      at += rows;
    },
    rows: () => at,
    vector: () => ({ kind: "dictionary", dictionary, codes }),
  };
};

/** As unpackHybrid; no codes may come as an empty run, as some writers leave it. */
const unpackPadded = (bytes: Uint8Array, width: number, out: Int32Array): void => {
  if (out.length === 0 && bytes.length === 1 && (bytes[0] ?? 0) <= 1) return;
  unpackHybrid(bytes, width, out);
};

/** A builder for a chunk of `rows` rows. */
export const vectorBuilder = (options: {
  readonly type: "INT32" | "STRING";
  readonly nullable: boolean;
  readonly rows: number;
  readonly dictionary: readonly string[] | Int32Array | undefined;
}): VectorBuilder => {
  const { type, nullable, rows, dictionary } = options;
  if (dictionary !== undefined) return dictionaryBuilder(nullable, rows, dictionary);
  return type === "INT32" ? int32Builder(nullable, rows) : stringBuilder(nullable);
};
