import type { Measure } from "#contract";
import { divideHalfToEven, percentHalfToEven } from "./rounding.ts";
import { SmallestValues } from "./smallest-values.ts";

/** What is known of a group, over the parties that its list is about. */
export interface Tally {
  /** All rows of the group. */
  count: number;
  /** Those that count towards `minimum_group`: not contributed by a recipient. */
  protectedCount: number;
  sum: bigint;
  readonly smallest: SmallestValues;
  /** As complements. */
  readonly largest: SmallestValues;
}

/** A tally of nothing. `extremes`: which of the smallest and largest values are `min` and `max`, from 1. */
export function createTally(extremes: number): Tally {
  return {
    count: 0,
    protectedCount: 0,
    sum: 0n,
    smallest: new SmallestValues(extremes),
    largest: new SmallestValues(extremes),
  };
}

/** Adds a tally to another. */
export function addTally(target: Tally, { count, protectedCount, sum, smallest, largest }: Tally): void {
  target.count += count;
  target.protectedCount += protectedCount;
  target.sum += sum;
  target.smallest.addAll(smallest);
  target.largest.addAll(largest);
}

/** Overwrites a tally. */
export function wipeTally(tally: Tally): void {
  tally.count = 0;
  tally.protectedCount = 0;
  tally.sum = 0n;
  tally.smallest.wipe();
  tally.largest.wipe();
}

const measures: Readonly<Record<Measure, (tally: Tally, total: number) => number>> = {
  count: ({ count }) => count,
  share: ({ count }, total) => percentHalfToEven(count, total),
  avg: ({ sum, count }) => Number(divideHalfToEven(sum, BigInt(count))),
  min: ({ smallest }) => extreme(smallest),
  max: ({ largest }) => ~extreme(largest),
};

/** The value of a measure of a group; `total` is the rows that `share` is of. */
export function measureOf(measure: Measure, tally: Tally, total: number): number {
  return measures[measure](tally, total);
}

// Only groups of at least `minimum_group` rows are shown, so that there is such a value. In a group of fewer than twice as
// many less one, the k-th smallest can be above the k-th largest: FORMATS.md, section 7, has no exception for it.
function extreme(values: SmallestValues): number {
  const value = values.last();
  if (value === undefined) throw new Error("a group that is shown has fewer rows than its extremes need");
  return value;
}
