// Parquet's PLAIN encoding (parquet-format, Encodings.md "PLAIN = 0"): INT32 in 4 bytes, BYTE_ARRAY with a 4-byte length,
// all little-endian.
import { EncodingError } from "./bit-packing.ts";
import type { ByteSink } from "./byte-sink.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Writes whole numbers. */
export const writeInt32s = (sink: ByteSink, values: Int32Array): void =>
  sink.room(values.length * 4, (room) => {
    const view = new DataView(room.buffer, room.byteOffset, room.byteLength);
    for (let index = 0; index < values.length; index++) view.setInt32(4 * index, values[index] ?? 0, true);
    return room.length;
  });

/** Reads whole numbers, filling `out`. The bytes must be exactly theirs. */
export const readInt32s = (bytes: Uint8Array, out: Int32Array): void => {
  if (bytes.length !== 4 * out.length)
    throw new EncodingError(`${out.length} numbers are in ${bytes.length} bytes, want ${4 * out.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < out.length; index++) out[index] = view.getInt32(4 * index, true);
};

const writeAscii = (room: Uint8Array, text: string): boolean => {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    room[4 + index] = code;
  }
  return true;
};

/** Writes one text. It must be well-formed UTF-16. */
export const writeText = (sink: ByteSink, text: string): void =>
  // UTF-8 takes at most 3 bytes per UTF-16 unit.
  sink.room(4 + 3 * text.length, (room) => {
    // Short ASCII by hand: a call of the encoder costs more than the text.
    const length = writeAscii(room, text) ? text.length : encoder.encodeInto(text, room.subarray(4)).written;
    new DataView(room.buffer, room.byteOffset).setUint32(0, length, true);
    return 4 + length;
  });

const TEXTS_AT_ONCE = 512;

/**
 * Reads texts. The bytes must be exactly theirs.
 *
 * @throws EncodingError when they are not, or are not UTF-8
 */
export const readTexts = (bytes: Uint8Array, count: number): string[] => {
  // A text takes 4 bytes at least: this bounds the arrays.
  if (count > bytes.length / 4) throw new EncodingError(`${count} texts are in ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = new Float64Array(count);
  const ends = new Float64Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 4 > bytes.length) throw new EncodingError("a text ends early");
    starts[index] = at + 4;
    at += 4 + view.getUint32(at, true);
    if (at > bytes.length) throw new EncodingError("a text ends early");
    ends[index] = at;
  }
  if (at !== bytes.length) throw new EncodingError(`${bytes.length - at} bytes follow the last text`);
  const texts: string[] = [];
  for (let from = 0; from < count; from += TEXTS_AT_ONCE)
    decodeTexts(bytes, starts.subarray(from, from + TEXTS_AT_ONCE), ends.subarray(from, from + TEXTS_AT_ONCE), texts);
  return texts;
};

/** Decodes ASCII texts by one call: with a length of one unit per byte, each can be cut out by its offsets. */
const decodeTexts = (bytes: Uint8Array, starts: Float64Array, ends: Float64Array, texts: string[]): void => {
  const spanStart = starts[0] ?? 0;
  // Not slice: on a Node Buffer that is a view, and the next step writes.
  const span = new Uint8Array(bytes.subarray(spanStart, ends.at(-1) ?? spanStart));
  // The lengths between the texts need not be UTF-8.
  for (const start of starts.subarray(1)) span.fill(0, start - spanStart - 4, start - spanStart);
  try {
    const whole = decoder.decode(span);
    const ascii = whole.length === span.length;
    for (let index = 0; index < starts.length; index++) {
      const start = starts[index] ?? 0;
      const end = ends[index] ?? 0;
      texts.push(ascii ? whole.slice(start - spanStart, end - spanStart) : decoder.decode(bytes.subarray(start, end)));
    }
  } catch {
    throw new EncodingError("a text is not utf-8");
  }
};
