// A result as tables for the terminal.
import type { ResultCell, ResultDocument, ResultRow } from "#contract";
import { FieldKind, type OutputSchema } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";

const numbers = new Intl.NumberFormat("en-US");

const textOf = (cell: ResultCell | undefined, kind: FieldKind): string => {
  if (kind === FieldKind.PARTY && cell === null) return "all";
  if (kind === FieldKind.PERCENT && typeof cell === "number") return `${cell.toFixed(1)} %`;
  if (typeof cell === "number") return numbers.format(cell);
  return typeof cell === "string" ? cell : "";
};

const isNumeric = (kind: FieldKind): boolean =>
  kind === FieldKind.COUNT || kind === FieldKind.PERCENT || kind === FieldKind.INTEGER;

const nestedText = (schema: OutputSchema, row: ResultRow): string => {
  const rows = row[schema.name];
  if (!Array.isArray(rows)) return "";
  return rows.map((nested) => schema.fields.map(({ name, kind }) => textOf(nested[name], kind)).join(" ")).join(", ");
};

const titleOf = (name: string): string => name.replaceAll("_", " ");

const table = (schema: OutputSchema, rows: readonly ResultRow[]): readonly string[] => {
  const { fields, within } = schema;
  const header = [...fields.map(({ name }) => titleOf(name)), ...(within === undefined ? [] : [titleOf(within.name)])];
  const cells = rows.map((row) => [
    ...fields.map(({ name, kind }) => textOf(row[name], kind)),
    ...(within === undefined ? [] : [nestedText(within, row)]),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (words: readonly string[]): string =>
    words
      .map((word, column) => {
        const field = fields[column];
        return field !== undefined && isNumeric(field.kind)
          ? word.padStart(widths[column] ?? 0)
          : word.padEnd(widths[column] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((width) => "─".repeat(width)).join("  "), ...cells.map(line)];
};

const otherText = (other: ResultRow | readonly ResultRow[] | undefined): string => {
  if (other === undefined) return "";
  const rows = Array.isArray(other) ? (other as readonly ResultRow[]) : [other as ResultRow]; // one row, or one per party
  const counts = rows.map((row) => {
    const party = "party" in row ? `${textOf(row["party"], FieldKind.PARTY)}: ` : "";
    return `${party}${textOf(row["count"], FieldKind.COUNT)}`;
  });
  return ` Together they have ${counts.join(", ")}.`;
};

const EXTREMES =
  "min and max are the k-th smallest and largest, k being the least group, unless the contract says `extremes: exact`; in small groups they cross.";

const hasExtremes = ({ fields }: OutputSchema): boolean => fields.some(({ name }) => name === "min" || name === "max");

/** The lines of a result: one table per output. */
export const resultLines = (document: ResultDocument, schemas: readonly OutputSchema[]): readonly string[] => {
  const rows = Object.entries(document.rows).map(([party, count]) => `${party} ${numbers.format(count)}`);
  return [
    `Rows: ${rows.join(", ")}`,
    ...schemas.flatMap((schema) => {
      const suppressed = document.suppressed?.[schema.name] === true;
      return [
        "",
        titleOf(schema.name).toUpperCase(),
        ...table(schema, document.outputs[schema.name] ?? []),
        ...(suppressed ? [`Groups that are too small are not named.${otherText(document.other?.[schema.name])}`] : []),
      ];
    }),
    ...(schemas.some(hasExtremes) ? ["", EXTREMES] : []),
  ];
};
