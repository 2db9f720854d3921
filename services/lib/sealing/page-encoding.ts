// The bodies of pages, DataPage V1 (parquet-format, README.md "Data Pages"): for a nullable column the definition levels
// with their 4-byte length, then the values of the cells that are not missing.
import { bitWidth, packBits, repeatValue } from "./bit-packing.ts";
import { ByteSink } from "./byte-sink.ts";
import type { ColumnVector } from "./column-vector.ts";
import { TARGET_PAGE_BYTES } from "./limits.ts";
import { writeInt32s, writeText } from "./plain-encoding.ts";

/** A page body before compression and encryption. */
export interface PageBody {
  readonly rows: number;
  readonly bytes: Uint8Array;
}

/** The body of a dictionary page. */
export const dictionaryBody = (dictionary: readonly string[] | Int32Array): Uint8Array => {
  const sink = new ByteSink(4 * dictionary.length);
  if (dictionary instanceof Int32Array) writeInt32s(sink, dictionary);
  else for (const text of dictionary) writeText(sink, text);
  return sink.written;
};

const writeLevels = (sink: ByteSink, present: Int32Array, count: number): void => {
  const levels = new ByteSink(8 + present.length / 8);
  if (count === present.length || count === 0) repeatValue(levels, count === 0 ? 0 : 1, present.length);
  else packBits(levels, present, 1);
  sink.uint32(levels.length);
  sink.bytes(levels.written);
};

const marks = (rows: number, isPresent: (row: number) => boolean): { readonly marks: Int32Array; count: number } => {
  const found = { marks: new Int32Array(rows), count: 0 };
  for (let row = 0; row < rows; row++)
    if (isPresent(row)) {
      found.marks[row] = 1;
      found.count++;
    }
  return found;
};

const present = (values: Int32Array, isPresent: (row: number) => boolean, count: number): Int32Array =>
  count === values.length ? values : values.filter((_, row) => isPresent(row));

const numbersBody = (
  nullable: boolean,
  values: Int32Array,
  isPresent: (row: number) => boolean,
  write: (sink: ByteSink, values: Int32Array) => void,
): PageBody => {
  const sink = new ByteSink(16 + 5 * values.length);
  if (!nullable) write(sink, values);
  else {
    const found = marks(values.length, isPresent);
    writeLevels(sink, found.marks, found.count);
    write(sink, present(values, isPresent, found.count));
  }
  return { rows: values.length, bytes: sink.written };
};

const textsBody = (nullable: boolean, texts: readonly (string | null)[], from: number, to: number): PageBody => {
  const values = new ByteSink(32 * (to - from));
  let end = from;
  for (; end < to && values.length < TARGET_PAGE_BYTES; end++) {
    const text = texts[end];
    if (typeof text === "string") writeText(values, text);
  }
  const rows = end - from;
  if (!nullable) return { rows, bytes: values.written };
  const sink = new ByteSink(16 + rows / 8 + values.length);
  const found = marks(rows, (row) => texts[from + row] !== null);
  writeLevels(sink, found.marks, found.count);
  sink.bytes(values.written);
  return { rows, bytes: sink.written };
};

const pageFrom = (vector: ColumnVector, nullable: boolean, from: number, to: number): PageBody => {
  if (vector.kind === "string") return textsBody(nullable, vector.values, from, to);
  if (vector.kind === "int32") {
    const valid = vector.valid?.subarray(from, to);
    return numbersBody(nullable, vector.values.subarray(from, to), (row) => valid?.[row] !== 0, writeInt32s);
  }
  const codes = vector.codes.subarray(from, to);
  const width = bitWidth(vector.dictionary.length - 1);
  const write = (sink: ByteSink, found: Int32Array): void => {
    sink.byte(width);
    packBits(sink, found, width);
  };
  return numbersBody(nullable, codes, (row) => codes[row] !== -1, write);
};

/** The bodies of a chunk's data pages: at most `pageRows` rows each, and texts about 16 MiB. */
export function* pageBodies(
  vector: ColumnVector,
  options: { readonly nullable: boolean; readonly rows: number; readonly pageRows: number },
): Generator<PageBody> {
  for (let from = 0; from < options.rows;) {
    const page = pageFrom(vector, options.nullable, from, Math.min(options.rows, from + options.pageRows));
    yield page;
    from += page.rows;
  }
}
