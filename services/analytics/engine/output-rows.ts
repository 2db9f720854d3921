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
  const lists = slices.map((slice) => toSliceRows(output, slice, rules));
  const others = lists.flatMap(({ other }) => (other === null ? [] : [other]));
  const [first = null] = others;
  return {
    rows: lists.flatMap(({ rows }) => rows),
    suppressed: lists.some(({ suppressed }) => suppressed),
    other: output.group_by.includes(PARTY) && first !== null ? others : first,
  };
}

function toSliceRows(output: Output, { party, total, groups }: ControlledSlice, rules: OutputRules) {
  const { group_by, measures, top, within } = output;
  const measured = (tally: Tally): ResultRow =>
    Object.fromEntries(measures.map((measure) => [measure, measureOf(measure, tally, total)]));
  const folded = ({ withheld }: Parted<Group | ShownGroup>): ResultRow | null => {
    const other = foldWithheld(withheld, rules);
    if (other === null) return null;
    const row = measured(other);
    wipeTally(other);
    return row;
  };
  const nestedIn = (list: Parted<Group>): ResultRow => {
    if (within === undefined) return {};
    const rows = best(list.shown, within.top).map(({ names, tally }) => ({
      ...named(within.group_by, names),
      ...measured(tally),
    }));
    const other = folded(list);
    return { [within.name]: rows, ...(other === null ? {} : { other }) };
  };

  const shown = best(groups.shown, top);
  const other = folded(groups);
  return {
    rows: shown.map(({ names, tally, nested }) => ({
      ...named(group_by, names, party),
      ...measured(tally),
      ...nestedIn(nested),
    })),
    suppressed: groups.withheld.length > 0 || shown.some(({ nested }) => nested.withheld.length > 0),
    other: other !== null && group_by.includes(PARTY) ? { party, ...other } : other,
  };
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
