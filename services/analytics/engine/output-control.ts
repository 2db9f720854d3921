// Output control: proto/FORMATS.md, section 7. `withholdGroups` sees every group of an output, before anything is ranked or
// cut, and decides what may be shown. What a reader could compute from what is shown (total − shown, overall − party,
// share × total, average × count) is not considered yet: complementary suppression belongs here, over the same table.

import type { Group, Slice } from "./output-groups.ts";
import { addTally, createTally, type Tally } from "./tally.ts";

/** A list of groups, parted into those that may be shown and those that are never named. */
export interface Parted<G> {
  readonly shown: readonly G[];
  readonly withheld: readonly Group[];
}

/** A group that may be shown, with its nested list. */
export interface ShownGroup extends Omit<Group, "nested"> {
  readonly nested: Parted<Group>;
}

/** What may be shown of a slice. */
export interface ControlledSlice extends Omit<Slice, "groups"> {
  readonly groups: Parted<ShownGroup>;
}

/** Parts the groups of an output: those of fewer than `minimumGroup` rows that count are withheld. */
export function withholdGroups(table: readonly Slice[], minimumGroup: number): readonly ControlledSlice[] {
  const part = (groups: readonly Group[]): Parted<Group> => ({
    shown: groups.filter(({ tally }) => tally.protectedCount >= minimumGroup),
    withheld: groups.filter(({ tally }) => tally.protectedCount < minimumGroup),
  });
  return table.map(({ party, total, groups }) => {
    const { shown, withheld } = part(groups);
    return {
      party,
      total,
      groups: { shown: shown.map((group) => ({ ...group, nested: part(group.nested) })), withheld },
    };
  });
}

/** The withheld groups of one list as one, if that has `minimumGroup` rows that count; wipe it when it is shown. */
export function foldWithheld(
  withheld: readonly Group[],
  { minimumGroup, extremes }: { readonly minimumGroup: number; readonly extremes: number },
): Tally | null {
  const other = createTally(extremes);
  for (const { tally } of withheld) addTally(other, tally);
  return other.protectedCount >= minimumGroup ? other : null;
}
