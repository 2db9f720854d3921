// Growing and overwriting typed arrays. What is outgrown is overwritten too: it holds plaintext.

type Buffer = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Makes a larger buffer of the same kind with the same start, and overwrites the old one. */
export function grown<T extends Buffer>(buffer: T, length: number, create: (length: number) => T): T {
  if (buffer.length >= length) return buffer;
  const larger = create(Math.max(length, 2 * buffer.length));
  larger.set(buffer);
  buffer.fill(0);
  return larger;
}

/** New buffers, by kind of element. */
export const float64 = (length: number): Float64Array => new Float64Array(length);
export const int32 = (length: number): Int32Array => new Int32Array(length);
export const uint32 = (length: number): Uint32Array => new Uint32Array(length);
export const uint8 = (length: number): Uint8Array => new Uint8Array(length);
