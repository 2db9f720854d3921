// The rules of FORMATS.md, section 7, once more and as plainly as they can be written: lists of rows, sorting and BigInt.
import type { Grouping, Output } from "#contract";
import type { AggregatedQuery } from "../../../services/analytics/engine/index.ts";
import { parties, type Cell, type PlainRow } from "./row-groups.ts";

type Naive = Record<string, unknown>;

interface Listed {
  readonly labels: Naive;
  readonly order: readonly string[];
  readonly rows: readonly PlainRow[];
}

export function naiveAggregation(
  query: AggregatedQuery,
  rows: readonly PlainRow[],
  owningRecipients: readonly string[],
) {
  const least = query.privacy.minimum_group;
  const result: { rows: Naive; outputs: Naive; suppressed: Naive; other: Naive } = {
    rows: {},
    outputs: {},
    suppressed: {},
    other: {},
  };
  for (const party of parties) result.rows[party] = rows.filter((row) => row.party === party).length;

  const isLarge = (list: readonly PlainRow[]): boolean =>
    list.filter((row) => !owningRecipients.includes(row.party)).length >= least;
  const listed = (list: readonly PlainRow[], groupings: readonly Grouping[]): readonly Listed[] => {
    const groups = new Map<string, { labels: Naive; order: string[]; rows: PlainRow[] }>();
    for (const row of list) {
      const entries = groupings.map((grouping) => valueOf(grouping, row, query.as_of ?? 0));
      if (entries.some(([, value]) => value === null)) continue;
      const key = JSON.stringify(entries);
      const group = groups.get(key) ?? {
        labels: Object.fromEntries(entries),
        order: entries.map(([, value]) => String(value)),
        rows: [],
      };
      group.rows.push(row);
      groups.set(key, group);
    }
    return [...groups.values()].toSorted((a, b) => b.rows.length - a.rows.length || compareTexts(a.order, b.order));
  };
  const measured = ({ measures, of = "" }: Output, list: readonly PlainRow[], total: number): Naive => {
    const values = list.map((row) => Number(row[of])).toSorted((a, b) => a - b);
    const nth = query.privacy.extremes === "exact" ? 1 : least;
    const sum = values.reduce((sum, value) => sum + (of === "" ? 0n : BigInt(value)), 0n);
    const all: Naive = {
      count: list.length,
      share: Number(nearest(1000n * BigInt(list.length), BigInt(total))) / 10,
      avg: Number(nearest(sum, BigInt(list.length))),
      min: values[nth - 1],
      max: values[values.length - nth],
    };
    return Object.fromEntries(measures.map((measure) => [measure, all[measure]]));
  };

  for (const output of query.outputs) {
    const groupings = output.group_by.filter((grouping) => grouping !== "party");
    const byParty = groupings.length < output.group_by.length;
    const shown: Naive[] = [];
    const others: Naive[] = [];
    for (const party of byParty ? [null, ...parties] : [null]) {
      const counted = rows.filter(
        (row) =>
          (party === null || row.party === party) &&
          (output.of === undefined || (row[output.of] ?? null) !== null) &&
          groupings.every((grouping) => valueOf(grouping, row, query.as_of ?? 0)[1] !== null),
      );
      const label: Naive = byParty ? { party } : {};
      const groups = listed(counted, groupings);
      const small = groups.filter((group) => !isLarge(group.rows)).flatMap((group) => group.rows);
      if (small.length > 0) result.suppressed[output.name] = true;
      if (isLarge(small)) others.push({ ...label, ...measured(output, small, counted.length) });
      for (const group of groups.filter((group) => isLarge(group.rows)).slice(0, output.top ?? Infinity)) {
        const row: Naive = { ...label, ...group.labels, ...measured(output, group.rows, counted.length) };
        shown.push(row);
        if (output.within === undefined) continue;
        const nested = listed(group.rows, output.within.group_by);
        row[output.within.name] = nested
          .filter((group) => isLarge(group.rows))
          .slice(0, output.within.top ?? Infinity)
          .map((group) => ({ ...group.labels, ...measured(output, group.rows, counted.length) }));
        const rest = nested.filter((group) => !isLarge(group.rows)).flatMap((group) => group.rows);
        if (rest.length > 0) result.suppressed[output.name] = true;
        if (isLarge(rest)) row["other"] = measured(output, rest, counted.length);
      }
    }
    result.outputs[output.name] = shown;
    if (others.length > 0) result.other[output.name] = byParty ? others : others[0];
  }
  return result;
}

function valueOf(grouping: Grouping, row: PlainRow, asOf: number): readonly [string, Cell] {
  if (typeof grouping === "string") return [grouping, cellOf(row, grouping)];
  if ("column" in grouping) return [grouping.as, cellOf(row, grouping.column)];
  const age = cellOf(row, grouping.bucket);
  return [grouping.as, age === null ? null : generation(asOf - Number(age))];
}

function cellOf(row: PlainRow, column: string): Cell {
  return row[column] === "" ? null : (row[column] ?? null);
}

function generation(born: number): string {
  if (born >= 2013) return "Gen Alpha";
  if (born >= 1997) return "Gen Z";
  if (born >= 1981) return "Millennials";
  if (born >= 1965) return "Gen X";
  if (born >= 1946) return "Baby Boomers";
  return "Silent";
}

// Adds a half and rounds down; an exact half that became odd goes back by one.
function nearest(numerator: bigint, denominator: bigint): bigint {
  const doubled = 2n * numerator + denominator;
  const remainder = ((doubled % (2n * denominator)) + 2n * denominator) % (2n * denominator);
  const rounded = (doubled - remainder) / (2n * denominator);
  return remainder === 0n && rounded % 2n !== 0n ? rounded - 1n : rounded;
}

function pointsOf(texts: readonly string[]): readonly number[] {
  return texts.flatMap((text) => [...Array.from(text, (character) => character.codePointAt(0) ?? 0), -1]);
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [pointsOf(a), pointsOf(b)];
  const differs = left.findIndex((point, index) => point !== right[index]);
  return differs < 0 ? 0 : (left[differs] ?? 0) - (right[differs] ?? 0);
}
