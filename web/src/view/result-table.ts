// A result as tables, from what the schema says of it. No DOM: what is shown, as text.
import type { ResultCell, ResultDocument, ResultRow } from "#contract";
import { FieldKind, type OutputField, type OutputSchema } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { words } from "../words.ts";
import { decimalText, numberText } from "./format.ts";

/** One column of a table. */
export interface TableColumn {
  readonly title: string;
  readonly isNumeric: boolean;
}

/** One row: a group, or what groups that are too small have together. */
export interface TableRow {
  readonly kind: "group" | "other";
  /** One text per column. */
  readonly cells: readonly string[];
}

/** One output. */
export interface ResultTable {
  readonly title: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
  /** Whether groups were too small to be named. */
  readonly isSuppressed: boolean;
}

const numeric: ReadonlySet<FieldKind> = new Set([FieldKind.COUNT, FieldKind.PERCENT, FieldKind.INTEGER]);

const titleOf = (name: string): string => name.replaceAll("_", " ");

const isRow = (cell: ResultCell | undefined): cell is ResultRow =>
  typeof cell === "object" && cell !== null && !Array.isArray(cell);

const isRows = (cell: ResultCell | undefined): cell is readonly ResultRow[] => Array.isArray(cell);

const cellText = (cell: ResultCell | undefined, { kind }: OutputField): string => {
  if (cell === null) return kind === FieldKind.PARTY ? words.result.all : "";
  if (typeof cell === "number") return kind === FieldKind.PERCENT ? `${decimalText(cell)} %` : numberText(cell);
  return typeof cell === "string" ? cell : "";
};

const cellsOf = (row: ResultRow, fields: readonly OutputField[], kind: TableRow["kind"]): readonly string[] => {
  // Small groups together have no name: the first column that would hold one says so.
  const unnamed = kind === "other" ? fields.findIndex((field) => row[field.name] === undefined) : -1;
  return fields.map((field, index) => (index === unnamed ? words.result.other : cellText(row[field.name], field)));
};

/** A nested list as one text: `Oslo 12, Bergen 7`. */
const nestedText = (row: ResultRow, { name, fields }: OutputSchema): string => {
  const listed = row[name];
  const folded = row["other"];
  const text = (nested: ResultRow, kind: TableRow["kind"]): string => cellsOf(nested, fields, kind).join(" ").trim();
  return [
    ...(isRows(listed) ? listed.map((nested) => text(nested, "group")) : []),
    ...(isRow(folded) ? [text(folded, "other")] : []),
  ].join(", ");
};

/** The table of one output. */
export const tableOf = (schema: OutputSchema, document: ResultDocument): ResultTable => {
  const { name, fields, within } = schema;
  const rowOf = (row: ResultRow, kind: TableRow["kind"]): TableRow => ({
    kind,
    cells: [...cellsOf(row, fields, kind), ...(within === undefined ? [] : [nestedText(row, within)])],
  });
  const other = document.other?.[name];
  const others = isRows(other) ? other : other === undefined ? [] : [other];
  return {
    title: titleOf(name),
    columns: [
      ...fields.map((field) => ({ title: titleOf(field.name), isNumeric: numeric.has(field.kind) })),
      ...(within === undefined ? [] : [{ title: titleOf(within.name), isNumeric: false }]),
    ],
    rows: [
      ...(document.outputs[name] ?? []).map((row) => rowOf(row, "group")),
      ...others.map((row) => rowOf(row, "other")),
    ],
    isSuppressed: document.suppressed?.[name] === true,
  };
};
