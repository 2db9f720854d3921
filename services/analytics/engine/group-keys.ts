// Combinations of codes as consecutive integers, so that groups are elements of flat arrays.

import { AggregationError } from "./aggregation-error.ts";
import { MAXIMUM_GROUPS, MISSING } from "./columns.ts";
import { grown, int32 } from "./buffers.ts";

/** Numbers the pairs of codes that occur, from 0, in the order in which they come. */
export class PairIndex {
  // A pair's key is left × 2^23 + right, exact in a double: codes stay far below 2^23.
  readonly #ids = new Map<number, number>();
  #lefts = int32(0);
  #rights = int32(0);
  #scratch = int32(0);

  leftOf(id: number): number {
    return this.#lefts[id] ?? MISSING;
  }

  rightOf(id: number): number {
    return this.#rights[id] ?? MISSING;
  }

  /** The pair's number for each of `rows` rows, `MISSING` where one of both codes is; valid until the next call. */
  idsOf(lefts: Int32Array, rights: Int32Array, rows: number): Int32Array {
    this.#scratch = grown(this.#scratch, rows, int32);
    const target = this.#scratch;
    for (let row = 0; row < rows; row++) {
      const left = lefts[row] ?? MISSING;
      const right = rights[row] ?? MISSING;
      target[row] = left === MISSING || right === MISSING ? MISSING : this.#idOf(left, right);
    }
    return target;
  }

  wipe(): void {
    this.#ids.clear();
    for (const buffer of [this.#lefts, this.#rights, this.#scratch]) buffer.fill(0);
  }

  #idOf(left: number, right: number): number {
    const key = left * 2 ** 23 + right;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    if (id === MAXIMUM_GROUPS) {
      const message = `a list has more than ${MAXIMUM_GROUPS} groups before thresholds`;
      throw new AggregationError("GROUPS_LIMITED", message, { limit: MAXIMUM_GROUPS });
    }
    this.#ids.set(key, id);
    this.#lefts = grown(this.#lefts, id + 1, int32);
    this.#rights = grown(this.#rights, id + 1, int32);
    this.#lefts[id] = left;
    this.#rights[id] = right;
    return id;
  }
}

/** Numbers the combinations of the codes of any number of dimensions. */
export class GroupKeys {
  readonly #pairs: readonly PairIndex[];
  readonly #dimensions: number;
  #zeros = int32(0);

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#pairs = Array.from({ length: Math.max(0, dimensions - 1) }, () => new PairIndex());
  }

  /** The group of each of `rows` rows, `MISSING` where a code is; valid until the next call. */
  idsOf(columns: readonly Int32Array[], rows: number): Int32Array {
    const [first, ...others] = columns;
    if (first === undefined) {
      this.#zeros = grown(this.#zeros, rows, int32);
      return this.#zeros;
    }
    return others.reduce((ids, column, index) => this.#pairs[index]?.idsOf(ids, column, rows) ?? ids, first);
  }

  /** The codes that make a group, one per dimension. */
  codesOf(id: number): readonly number[] {
    if (this.#dimensions === 0) return [];
    const codes: number[] = [];
    let rest = id;
    for (const pairs of this.#pairs.toReversed()) {
      codes.unshift(pairs.rightOf(rest));
      rest = pairs.leftOf(rest);
    }
    return [rest, ...codes];
  }

  wipe(): void {
    for (const pairs of this.#pairs) pairs.wipe();
  }
}
