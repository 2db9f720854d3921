import { Cells, type Kept } from "./cells.ts";
import { MISSING, type Dimension, type Numbers } from "./columns.ts";
import { int32, grown } from "./buffers.ts";
import { GroupKeys, PairIndex } from "./group-keys.ts";
import type { Name } from "./ranking.ts";
import { createTally, wipeTally, type Tally } from "./tally.ts";

/** A group before any rule of output is applied. */
export interface Group {
  /** Its values of the groupings besides `party`, in their order. */
  readonly names: readonly Name[];
  readonly tally: Tally;
  /** The groups of its rows in the nested list; empty without one. */
  readonly nested: readonly Group[];
}

/** The groups of one party, or over all parties. */
export interface Slice {
  /** null: all parties. */
  readonly party: string | null;
  /** The rows that are counted, in all groups together. */
  readonly total: number;
  /** All groups with a row, in no order. */
  readonly groups: readonly Group[];
}

/** How an output groups its rows, apart from by party. */
export interface Grouped {
  readonly parties: readonly string[];
  /** Parties whose rows do not count towards `minimum_group`. */
  readonly owningRecipients: readonly string[];
  readonly byParty: boolean;
  readonly dimensions: readonly Dimension[];
  /** Of the nested list; null without one. */
  readonly nested: readonly Dimension[] | null;
  readonly kept: Kept;
}

/** The rows of one output, by party, group and nested group. */
export class OutputGroups {
  readonly #grouped: Grouped;
  readonly #keys: GroupKeys;
  readonly #nestedKeys: GroupKeys;
  // With a nested list a cell is a pair: the group, and 1 more than the nested group or 0 where that is missing. So a row
  // without a city is in its country all the same.
  readonly #pairs = new PairIndex();
  readonly #cells: ReadonlyMap<string, Cells>;
  #shifted = int32(0);
  #size = 0;

  constructor(grouped: Grouped) {
    this.#grouped = grouped;
    this.#keys = new GroupKeys(grouped.dimensions.length);
    this.#nestedKeys = new GroupKeys(grouped.nested?.length ?? 0);
    this.#cells = new Map(grouped.parties.map((party) => [party, new Cells(grouped.kept)]));
  }

  /** Adds `rows` rows of a party. `codesOf` gives the codes of a dimension, `numbers` the cells of the measured column. */
  add(party: string, rows: number, codesOf: (dimension: Dimension) => Int32Array, numbers: Numbers | null): void {
    const { dimensions, nested } = this.#grouped;
    const groups = this.#keys.idsOf(dimensions.map(codesOf), rows);
    const ids =
      nested === null
        ? groups
        : this.#pairs.idsOf(groups, this.#shift(this.#nestedKeys.idsOf(nested.map(codesOf), rows), rows), rows);
    this.#size = Math.max(this.#size, sizeOf(ids, rows));
    this.#cells.get(party)?.add(ids, numbers, rows, this.#size);
  }

  /** All groups with a row: over all parties first, then by party if the output is grouped so. */
  table(): readonly Slice[] {
    const { parties, byParty } = this.#grouped;
    return [this.#slice(null, parties), ...(byParty ? parties.map((party) => this.#slice(party, [party])) : [])];
  }

  wipe(): void {
    this.#keys.wipe();
    this.#nestedKeys.wipe();
    this.#pairs.wipe();
    this.#shifted.fill(0);
    for (const cells of this.#cells.values()) cells.wipe();
  }

  #slice(party: string | null, parties: readonly string[]): Slice {
    const { dimensions, nested, owningRecipients } = this.#grouped;
    const groups = new Map<number, GroupInMaking>();
    let total = 0;
    for (const contributor of parties) {
      const cells = this.#cells.get(contributor);
      if (cells === undefined) continue;
      const isProtected = !owningRecipients.includes(contributor);
      for (let id = 0; id < this.#size; id++) {
        const count = cells.countOf(id);
        if (count === 0) continue;
        total += count;
        const group = this.#groupIn(groups, nested === null ? id : this.#pairs.leftOf(id), this.#keys, dimensions);
        cells.addTo(group.tally, id, { isProtected });
        const inner = nested === null ? 0 : this.#pairs.rightOf(id);
        if (nested === null || inner === 0) continue;
        cells.addTo(this.#groupIn(group.members, inner - 1, this.#nestedKeys, nested).tally, id, { isProtected });
      }
    }
    return { party, total, groups: toGroups(groups) };
  }

  #groupIn(
    groups: Map<number, GroupInMaking>,
    id: number,
    keys: GroupKeys,
    dimensions: readonly Dimension[],
  ): GroupInMaking {
    let group = groups.get(id);
    if (group === undefined) {
      const codes = keys.codesOf(id);
      const names = dimensions.map((dimension, index) => dimension.nameOf(codes[index] ?? MISSING));
      group = { names, tally: createTally(Math.max(1, this.#grouped.kept.extremes)), members: new Map() };
      groups.set(id, group);
    }
    return group;
  }

  #shift(ids: Int32Array, rows: number): Int32Array {
    this.#shifted = grown(this.#shifted, rows, int32);
    for (let row = 0; row < rows; row++) this.#shifted[row] = (ids[row] ?? MISSING) + 1;
    return this.#shifted;
  }
}

/** Overwrites the tallies of a table. */
export function wipeTable(table: readonly Slice[]): void {
  for (const { groups } of table) {
    for (const { tally, nested } of groups) {
      wipeTally(tally);
      for (const { tally } of nested) wipeTally(tally);
    }
  }
}

interface GroupInMaking {
  readonly names: readonly Name[];
  readonly tally: Tally;
  readonly members: Map<number, GroupInMaking>;
}

function toGroups(groups: ReadonlyMap<number, GroupInMaking>): readonly Group[] {
  return [...groups.values()].map(({ names, tally, members }) => ({ names, tally, nested: toGroups(members) }));
}

function sizeOf(ids: Int32Array, rows: number): number {
  let largest = MISSING;
  for (let row = 0; row < rows; row++) {
    const id = ids[row] ?? MISSING;
    if (id > largest) largest = id;
  }
  return largest + 1;
}
