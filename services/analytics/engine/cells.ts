import { float64, grown, int32, uint32 } from "./buffers.ts";
import { MISSING, type Numbers } from "./columns.ts";
import { SmallestValues } from "./smallest-values.ts";
import type { Tally } from "./tally.ts";

/** What is kept of each cell besides its count. */
export interface Kept {
  readonly sums: boolean;
  /** How many of the smallest and of the largest values; 0 for none. */
  readonly extremes: number;
}

/** What one party contributes to each cell of an output: a cell is a group, or a nested group within its group. */
export class Cells {
  readonly #kept: Kept;
  // Doubles hold counts exactly up to 2^53.
  #counts = float64(0);
  // Sums as 64-bit two's complement in halves: exact for 2^32 rows, and no float ever holds one.
  #low = uint32(0);
  #high = int32(0);
  readonly #smallest: (SmallestValues | undefined)[] = [];
  readonly #largest: (SmallestValues | undefined)[] = [];

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Counts `rows` rows in the cells `ids`, below `size`; rows without a cell or without a number are left out. */
  add(ids: Int32Array, numbers: Numbers | null, rows: number, size: number): void {
    this.#counts = grown(this.#counts, size, float64);
    if (numbers === null) this.#count(ids, rows);
    else this.#measure(ids, numbers, rows, size);
  }

  /** Adds a cell to a tally. `isProtected`: whether its rows count towards `minimum_group`. */
  addTo(tally: Tally, id: number, { isProtected }: { readonly isProtected: boolean }): void {
    const count = this.countOf(id);
    tally.count += count;
    if (isProtected) tally.protectedCount += count;
    tally.sum += (BigInt(this.#high[id] ?? 0) << 32n) + BigInt(this.#low[id] ?? 0);
    const smallest = this.#smallest[id];
    const largest = this.#largest[id];
    if (smallest !== undefined) tally.smallest.addAll(smallest);
    if (largest !== undefined) tally.largest.addAll(largest);
  }

  countOf(id: number): number {
    return this.#counts[id] ?? 0;
  }

  wipe(): void {
    for (const buffer of [this.#counts, this.#low, this.#high]) buffer.fill(0);
    for (const values of [...this.#smallest, ...this.#largest]) values?.wipe();
  }

  #count(ids: Int32Array, rows: number): void {
    const counts = this.#counts;
    for (let row = 0; row < rows; row++) {
      const id = ids[row] ?? MISSING;
      if (id !== MISSING) counts[id] = (counts[id] ?? 0) + 1;
    }
  }

  #measure(ids: Int32Array, { values, valid }: Numbers, rows: number, size: number): void {
    const counts = this.#counts;
    const low = (this.#low = grown(this.#low, size, uint32));
    const high = (this.#high = grown(this.#high, size, int32));
    const { sums, extremes } = this.#kept;
    if (extremes > 0) {
      // Without holes, so that the arrays stay flat.
      for (let id = this.#smallest.length; id < size; id++) {
        this.#smallest.push(undefined);
        this.#largest.push(undefined);
      }
    }
    for (let row = 0; row < rows; row++) {
      const id = ids[row] ?? MISSING;
      if (id === MISSING || valid?.[row] === 0) continue;
      const value = values[row] ?? 0;
      counts[id] = (counts[id] ?? 0) + 1;
      if (sums) {
        const sum = (low[id] ?? 0) + (value >>> 0);
        low[id] = sum;
        // The carry, and the upper half of the value: all ones when it is negative.
        high[id] = (high[id] ?? 0) + (sum > 0xffff_ffff ? 1 : 0) + (value >> 31);
      }
      if (extremes > 0) {
        (this.#smallest[id] ??= new SmallestValues(extremes)).add(value);
        (this.#largest[id] ??= new SmallestValues(extremes)).add(~value);
      }
    }
  }
}
