// Parquet's RLE/bit-packing hybrid (parquet-format, Encodings.md "RLE = 3"): runs of a repeated value and runs of values
// packed from the least significant bit. Definition levels and dictionary codes are written so.
import type { ByteSink } from "./byte-sink.ts";

/** What is wrong with encoded values; whoever decodes knows the page and says so. */
export class EncodingError extends Error {}

/** Bits that hold every number up to `max`; at least 1, since readers disagree about width 0. */
export const bitWidth = (max: number): number => Math.max(1, 32 - Math.clz32(max));

/** Writes values as one bit-packed run, the last group padded with zeros. */
export const packBits = (sink: ByteSink, values: Int32Array, width: number): void => {
  const groups = Math.ceil(values.length / 8);
  sink.varint(groups * 2 + 1);
  sink.room(groups * width, (room) => {
    let at = 0;
    let pending = 0;
    let bits = 0;
    for (let index = 0; index < values.length; index++) {
      let value = values[index] ?? 0;
      let left = width;
      while (left > 0) {
        const taken = Math.min(8 - bits, left);
        pending |= (value & ((1 << taken) - 1)) << bits;
        bits += taken;
        value >>>= taken;
        left -= taken;
        if (bits === 8) {
          room[at++] = pending;
          pending = 0;
          bits = 0;
        }
      }
    }
    // A sink's room may hold an older write: the padding is written, not assumed.
    if (bits > 0) room[at++] = pending;
    room.fill(0, at);
    return room.length;
  });
};

/** Writes one value, repeated. Width up to 8. */
export const repeatValue = (sink: ByteSink, value: number, count: number): void => {
  sink.varint(count * 2);
  sink.byte(value);
};

const readRunHeader = (bytes: Uint8Array, offset: number): { readonly header: number; readonly end: number } => {
  let header = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) break;
    header += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { header, end: offset + index + 1 };
  }
  throw new EncodingError("a run has no header");
};

const unpackRun = (bytes: Uint8Array, out: Int32Array, from: number, to: number, width: number): void => {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let at = 0;
  let pending = 0;
  let bits = 0;
  for (let index = from; index < to; index++) {
    // Widths are at most 24, so that 7 left-over bits and 4 more bytes never exceed the 32 bits of `pending`.
    while (bits < width) {
      pending |= (bytes[at++] ?? 0) << bits;
      bits += 8;
    }
    out[index] = pending & mask;
    pending >>>= width;
    bits -= width;
  }
};

/**
 * Decodes values, filling `out`. The runs must be exactly the bytes.
 *
 * @param width bits per value, 0 to 24
 * @throws EncodingError when runs are short, long, empty or left over
 */
export const unpackHybrid = (bytes: Uint8Array, width: number, out: Int32Array): void => {
  let offset = 0;
  let done = 0;
  while (done < out.length) {
    const { header, end } = readRunHeader(bytes, offset);
    const count = header % 2 === 1 ? Math.floor(header / 2) * 8 : header / 2;
    const size = header % 2 === 1 ? Math.floor(header / 2) * width : Math.ceil(width / 8);
    if (count === 0 || end + size > bytes.length) throw new EncodingError("a run is empty or ends early");
    const run = bytes.subarray(end, end + size);
    // Only padding may exceed the values: less than one group of a packed run, nothing of a repeated one.
    if (done + count > out.length + (header % 2 === 1 ? 7 : 0)) throw new EncodingError("a run is too long");
    const to = Math.min(done + count, out.length);
    if (header % 2 === 1) unpackRun(run, out, done, to, width);
    else
      out.fill(
        run.reduce((value, byte, index) => value + byte * 2 ** (8 * index), 0),
        done,
        to,
      );
    done = to;
    offset = end + size;
  }
  if (offset !== bytes.length) throw new EncodingError(`${bytes.length - offset} bytes follow the last run`);
};
