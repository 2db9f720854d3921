/** Bytes that grow at the end. */
export class ByteSink {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param capacity bytes to reserve at first */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(Math.max(capacity, 16));
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length;
  }

  /** What was written so far, without a copy: to be used before the next write. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Writes bytes. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes a number as 4 bytes, little-endian. */
  uint32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 0xff);
  }

  /** Writes a non-negative safe integer as an unsigned LEB128. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** Appends `length` bytes that `fill` writes, and gives it the room: at most that many. It returns how many it wrote. */
  room(length: number, fill: (room: Uint8Array<ArrayBuffer>) => number): void {
    this.#reserve(length);
    this.#length += fill(this.#bytes.subarray(this.#length, this.#length + length));
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.written);
    this.#bytes = larger;
  }
}
