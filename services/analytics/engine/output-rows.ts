// Writes what may be shown of an output as the rows of the result: proto/FORMATS.md, section 7.

import { labelOf, PARTY, type Grouping, type Output, type ResultRow } from "#contract";
import { foldWithheld, type ControlledSlice, type Parted, type ShownGroup } from "./output-control.ts";
import type { Group } from "./output-groups.ts";
import { compareRank, type Name } from "./ranking.ts";
import { measureOf, wipeTally, type Tally } from "./tally.ts";

/** An output as the result holds it. */
export interface OutputRows {
  readonly rows: readonly ResultRow[];
  /** Whether a group was withheld, in the list or in one nested in a row. */
  readonly suppressed: boolean;
  /** The withheld groups together, as far as they may be shown: one per party if the output is grouped by party. */
  readonly other: ResultRow | readonly ResultRow[] | null;
}

/** What rules of the query hold for all its outputs. */
export interface OutputRules {
  readonly minimumGroup: number;
  /** Which of the smallest and largest values are `min` and `max`. */
  readonly extremes: number;
}

/** The rows of an output, in order. */
export function toOutputRows(output: Output, slices: readonly ControlledSlice[], rules: OutputRules): OutputRows {
  const byParty = output.group_by.includes(PARTY);
  const rows: ResultRow[] = [];
  const others: ResultRow[] = [];
  let suppressed = false;
  for (const { party, total, groups } of slices) {
    const measured = (tally: Tally): ResultRow =>
      Object.fromEntries(output.measures.map((measure) => [measure, measureOf(measure, tally, total)]));
    const folded = (list: Parted<Group | ShownGroup>): ResultRow | null => {
      const other = foldWithheld(list.withheld, rules);
      if (other === null) return null;
      const row = measured(other);
      wipeTally(other);
      return row;
    };
    const nestedList = ({ nested }: ShownGroup): ResultRow => {
      if (output.within === undefined) return {};
      const { name, group_by, top } = output.within;
      if (nested.withheld.length > 0) suppressed = true;
      const list = best(nested.shown, top).map(({ names, tally }) => ({
        ...named(group_by, names),
        ...measured(tally),
      }));
      const other = folded(nested);
      return { [name]: list, ...(other === null ? {} : { other }) };
    };
    for (const group of best(groups.shown, output.top)) {
      rows.push({ ...named(output.group_by, group.names, party), ...measured(group.tally), ...nestedList(group) });
    }
    if (groups.withheld.length > 0) suppressed = true;
    const other = folded(groups);
    if (other !== null) others.push(byParty ? { party, ...other } : other);
  }
  return { rows, suppressed, other: byParty ? (others.length === 0 ? null : others) : (others[0] ?? null) };
}

// Slices come in the order of parties, so that within each only counts and names are left to order by.
function best<G extends Omit<Group, "nested">>(groups: readonly G[], top: number | undefined): readonly G[] {
  return groups.toSorted((a, b) => compareRank(toRanked(a), toRanked(b))).slice(0, top);
}

function toRanked({ names, tally }: Omit<Group, "nested">) {
  return { names, count: tally.count };
}

function named(groupings: readonly Grouping[], names: readonly Name[], party: string | null = null): ResultRow {
  const rest = names.values();
  return Object.fromEntries(
    groupings.map((grouping) => [labelOf(grouping), grouping === PARTY ? party : (rest.next().value ?? null)]),
  );
}
