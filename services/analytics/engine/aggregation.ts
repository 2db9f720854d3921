// The engine: rows of all parties in, in any order and portions, and the lists of the result out. It has no clock, no
// randomness and no input or output of its own, so that the same rows always give the same result.

import { PARTY, sourceOf, type AggregateQuery, type Grouping, type Output, type ResultRow } from "#contract";
import type { ColumnVector } from "#sealing";
import { AggregationError } from "./aggregation-error.ts";
import {
  createGenerationDimension,
  createMeasuredColumn,
  createValueDimension,
  type Dimension,
  type Numbers,
} from "./columns.ts";
import { withholdGroups } from "./output-control.ts";
import { OutputGroups, wipeTable } from "./output-groups.ts";
import { toOutputRows } from "./output-rows.ts";

/** What of a query the engine needs. */
export type AggregatedQuery = Pick<AggregateQuery, "as_of" | "outputs" | "privacy">;

/** What is aggregated. */
export interface AggregationOptions {
  readonly query: AggregatedQuery;
  /** The parties in the order of the query's `over`. */
  readonly parties: readonly string[];
  /** Parties that are recipients of the result: what they contributed themselves does not count towards `minimum_group`. */
  readonly owningRecipients: readonly string[];
}

/** The members of a result that are computed: proto/FORMATS.md, section 7. */
export interface AggregateResult {
  /** Rows read, by party. */
  readonly rows: Readonly<Record<string, number>>;
  /** A list per output. */
  readonly outputs: Readonly<Record<string, readonly ResultRow[]>>;
  /** The outputs with groups that are not shown. */
  readonly suppressed: Readonly<Record<string, true>>;
  /** By output, what is shown of these groups together. */
  readonly other: Readonly<Record<string, ResultRow | readonly ResultRow[]>>;
}

/** An aggregation under way. It holds plaintext: wipe it when the run ends, whichever way. */
export interface Aggregation {
  /**
   * Adds `rows` rows of a party. `columns` has every column of the query by name and is not kept. When it throws, everything
   * is wiped: rows that were added in part must not become a result. Throws AggregationError.
   */
  addRowGroup(party: string, rows: number, columns: ReadonlyMap<string, ColumnVector>): void;
  /** The result of the rows so far. Throws AggregationError AGGREGATION_WIPED. */
  finish(): AggregateResult;
  /** Overwrites all buffers; text cannot be overwritten and is let go. Only another `wipe` may follow. */
  wipe(): void;
}

/** Starts an aggregation. Throws AggregationError QUERY_UNSUPPORTED. */
export function createAggregation({ query, parties, owningRecipients }: AggregationOptions): Aggregation {
  checkQuery(query);
  const minimumGroup = query.privacy.minimum_group;
  const extremes = query.privacy.extremes === "exact" ? 1 : minimumGroup;
  const { dimensions, dimensionOf } = createDimensions(query.as_of);
  const measured = new Map(
    query.outputs.flatMap(({ of }) => (of === undefined ? [] : [[of, createMeasuredColumn(of)] as const])),
  );
  const outputs = query.outputs.map((output) => ({
    output,
    groups: new OutputGroups({
      parties,
      owningRecipients,
      byParty: output.group_by.includes(PARTY),
      dimensions: output.group_by.filter((grouping) => grouping !== PARTY).map(dimensionOf),
      nested: output.within?.group_by.map(dimensionOf) ?? null,
      kept: {
        sums: output.measures.includes("avg"),
        extremes: output.measures.includes("min") || output.measures.includes("max") ? extremes : 0,
      },
    }),
  }));
  const rowsOf = new Map(parties.map((party) => [party, 0]));
  let wiped = false;

  function wipe(): void {
    wiped = true;
    for (const dimension of dimensions.values()) dimension.wipe();
    for (const column of measured.values()) column.wipe();
    for (const { groups } of outputs) groups.wipe();
  }

  function checkAlive(): void {
    if (wiped) throw new AggregationError("AGGREGATION_WIPED", "the aggregation was wiped");
  }

  function add(party: string, rows: number, columns: ReadonlyMap<string, ColumnVector>): void {
    const before = rowsOf.get(party);
    if (before === undefined)
      throw new AggregationError("PARTY_UNKNOWN", `${party} is not a party of this query`, { party });
    const codes = new Map<Dimension, Int32Array>();
    for (const dimension of dimensions.values())
      codes.set(dimension, dimension.encode(vectorOf(columns, dimension.column), rows));
    const numbers = new Map<string, Numbers>();
    for (const [column, reader] of measured) numbers.set(column, reader.read(vectorOf(columns, column), rows));
    const codesOf = (dimension: Dimension): Int32Array => codes.get(dimension) ?? new Int32Array(0);
    for (const { output, groups } of outputs) {
      groups.add(party, rows, codesOf, output.of === undefined ? null : (numbers.get(output.of) ?? null));
    }
    rowsOf.set(party, before + rows);
  }

  return {
    addRowGroup(party, rows, columns) {
      checkAlive();
      try {
        add(party, rows, columns);
      } catch (error) {
        wipe();
        throw error;
      }
    },
    finish() {
      checkAlive();
      const lists = outputs.map(({ output, groups }) => {
        const table = groups.table();
        try {
          const slices = withholdGroups(table, minimumGroup);
          return { name: output.name, ...toOutputRows(output, slices, { minimumGroup, extremes }) };
        } finally {
          wipeTable(table);
        }
      });
      return {
        rows: Object.fromEntries(rowsOf),
        outputs: Object.fromEntries(lists.map(({ name, rows }) => [name, rows])),
        suppressed: Object.fromEntries(lists.flatMap(({ name, suppressed }) => (suppressed ? [[name, true]] : []))),
        other: Object.fromEntries(lists.flatMap(({ name, other }) => (other === null ? [] : [[name, other]]))),
      };
    },
    wipe,
  };
}

// One dimension per column and use, whichever outputs it is in: each row group is encoded once for all.
function createDimensions(asOf: number | undefined) {
  const dimensions = new Map<string, Dimension>();
  function dimensionOf(grouping: Grouping): Dimension {
    const bucketed = typeof grouping === "object" && "bucket" in grouping;
    const key = `${bucketed ? grouping.by : "value"} ${sourceOf(grouping)}`;
    const dimension = dimensions.get(key) ?? createDimension(grouping, asOf);
    dimensions.set(key, dimension);
    return dimension;
  }
  return { dimensions, dimensionOf };
}

function createDimension(grouping: Grouping, asOf: number | undefined): Dimension {
  const column = sourceOf(grouping);
  if (column === undefined) throw unsupported("a nested list cannot be grouped by party");
  if (typeof grouping === "string" || !("bucket" in grouping)) return createValueDimension(column);
  if (asOf === undefined) throw unsupported(`${column} is grouped by ${grouping.by}, but there is no as_of`);
  return createGenerationDimension(column, asOf);
}

function vectorOf(columns: ReadonlyMap<string, ColumnVector>, column: string): ColumnVector {
  const vector = columns.get(column);
  if (vector === undefined)
    throw new AggregationError("COLUMN_MISSING", `row group has no column ${column}`, { column });
  return vector;
}

function checkQuery({ outputs, privacy }: AggregatedQuery): void {
  if (!Number.isSafeInteger(privacy.minimum_group) || privacy.minimum_group < 1) {
    throw unsupported(`minimum_group is ${privacy.minimum_group}, want an integer from 1`);
  }
  for (const output of outputs) checkOutput(output);
}

function checkOutput({ name, of, measures }: Output): void {
  const needy = of === undefined ? measures.find((measure) => measure !== "count" && measure !== "share") : undefined;
  if (needy !== undefined) throw unsupported(`output ${name} has measure ${needy}, but no column to measure`);
}

function unsupported(message: string): AggregationError {
  return new AggregationError("QUERY_UNSUPPORTED", message);
}
