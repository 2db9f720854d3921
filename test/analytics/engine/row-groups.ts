// Plain rows as the engine's input: row groups of column vectors, with dictionaries as awkward as they may be.
import type { ColumnVector } from "#sealing";
import {
  createAggregation,
  type AggregatedQuery,
  type AggregateResult,
} from "../../../services/analytics/engine/index.ts";

export type Cell = string | number | null;

/** A row of a party; a column that is not mentioned is missing. */
export interface PlainRow {
  readonly party: string;
  readonly [column: string]: Cell;
}

export const parties = ["contoso", "fabrikam", "northwind"] as const;

const columns = {
  country: "string",
  city: "string",
  color: "string",
  age: "int32",
  salary: "int32",
} as const;

export type Encoding = "plain" | "dictionary";

/** A column of some rows. The dictionary has every value twice, an unused one, and the order of the rows reversed. */
export function toVector(cells: readonly Cell[], type: "string" | "int32", encoding: Encoding): ColumnVector {
  if (encoding === "dictionary") {
    const entries = cells.filter((cell) => cell !== null).toReversed();
    const twice = [...entries, ...entries];
    const codes = Int32Array.from(cells, (cell, row) =>
      cell === null ? -1 : row % 2 === 0 ? twice.indexOf(cell) : twice.lastIndexOf(cell),
    );
    const dictionary = type === "int32" ? Int32Array.from([...twice, 7].map(Number)) : [...twice, "unused"].map(String);
    return { kind: "dictionary", dictionary, codes };
  }
  if (type === "string") return { kind: "string", values: cells.map((cell) => (cell === null ? null : String(cell))) };
  return {
    kind: "int32",
    values: Int32Array.from(cells, (cell) => Number(cell ?? 0)),
    valid: cells.includes(null) ? Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)) : null,
  };
}

/** All columns of some rows. */
export function toColumns(rows: readonly PlainRow[], encoding: Encoding): ReadonlyMap<string, ColumnVector> {
  return new Map(
    Object.entries(columns).map(([name, type]) => [
      name,
      toVector(
        rows.map((row) => row[name] ?? null),
        type,
        encoding,
      ),
    ]),
  );
}

/** How rows are cut into row groups: `size` rows each, in turns encoded both ways. */
export interface Cutting {
  readonly size: number;
  readonly reversed: boolean;
}

/** Runs the engine over rows. */
export function aggregate(
  query: AggregatedQuery,
  rows: readonly PlainRow[],
  {
    owningRecipients = [],
    cutting = { size: 7, reversed: false },
  }: { readonly owningRecipients?: readonly string[]; readonly cutting?: Cutting } = {},
): AggregateResult {
  const aggregation = createAggregation({ query, parties, owningRecipients });
  const ordered = cutting.reversed ? rows.toReversed() : rows;
  const groups = parties.flatMap((party) => {
    const own = ordered.filter((row) => row.party === party);
    const cuts = Array.from({ length: Math.ceil(own.length / cutting.size) }, (_, index) => index * cutting.size);
    return cuts.map((start, index) => ({ party, index, rows: own.slice(start, start + cutting.size) }));
  });
  for (const { party, index, rows } of groups.toSorted((a, b) => a.index - b.index)) {
    const encoding = (index % 2 === 0) === cutting.reversed ? "plain" : "dictionary";
    aggregation.addRowGroup(party, rows.length, toColumns(rows, encoding));
  }
  const result = aggregation.finish();
  aggregation.wipe();
  return result;
}

/** `count` rows that are alike. */
export function repeat(count: number, row: PlainRow): readonly PlainRow[] {
  return Array.from({ length: count }, () => row);
}
