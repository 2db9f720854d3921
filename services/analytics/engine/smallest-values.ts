import { grown, int32 } from "./buffers.ts";

/**
 * The `limit` smallest of the 32-bit integers that it has seen: a heap with the largest of them on top, so that a value
 * which is not among them costs one comparison. The largest values are kept as the smallest complements (`~value`).
 */
export class SmallestValues {
  readonly #limit: number;
  #heap = int32(0);
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(value: number): void {
    if (this.#size === this.#limit) {
      if (value < (this.#heap[0] ?? value)) this.#sink(value);
      return;
    }
    this.#heap = grown(this.#heap, this.#size + 1, int32);
    this.#rise(value);
  }

  addAll(other: SmallestValues): void {
    for (let index = 0; index < other.#size; index++) this.add(other.#heap[index] ?? 0);
  }

  /** The `limit`-th smallest value; undefined as long as it has seen fewer. */
  last(): number | undefined {
    return this.#size === this.#limit ? this.#heap[0] : undefined;
  }

  wipe(): void {
    this.#heap.fill(0);
    this.#size = 0;
  }

  // Adds a leaf with the value.
  #rise(value: number): void {
    const heap = this.#heap;
    let index = this.#size++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] ?? value;
      if (above >= value) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = value;
  }

  // Puts the value in the place of the top.
  #sink(value: number): void {
    const heap = this.#heap;
    const size = this.#size;
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && (heap[child + 1] ?? value) > (heap[child] ?? value)) child++;
      const below = heap[child] ?? value;
      if (below <= value) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = value;
  }
}
