// Explained evidence for a terminal.
import type { ExplainedField, ExplainedGroup } from "#attestation";

/** Wide enough for the words, and a digest in two lines. */
const DEFAULT_WIDTH = 80;
const MIN_WIDTH = 40;
const MARGIN = 15;

/** Breaks at spaces, and within a word that is longer than a line. */
const wrapped = (text: string, width: number): readonly string[] => {
  const pieces = text.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${width}}`, "gu")) ?? [""]);
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces) {
    if (line !== "" && line.length + 1 + piece.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? piece : `${line} ${piece}`;
  }
  return [...lines, line];
};

const outcomeText = { holds: "holds", fails: "FAILED", "not checked": "not checked" } as const;

const placeOf = ({ bytes, bits, claim }: ExplainedField): string => {
  const ranges = bytes.map(([offset, size]) => (size === 1 ? `${offset}` : `${offset} to ${offset + size - 1}`));
  const [first, last] = bits ?? [];
  return [
    ...(ranges.length === 0 ? [] : [`bytes ${ranges.join(", ")}`]),
    ...(first === undefined ? [] : [first === last ? `bit ${first}` : `bits ${first} to ${last}`]),
    ...(claim === null ? [] : [claim]),
  ].join("; ");
};

const fieldLines = (field: ExplainedField, width: number): readonly string[] => {
  const { title, value, outcome, failures, reason, meaning } = field;
  const [first = "", ...rest] = [
    ...wrapped(value === "" ? title : `${title}: ${value}`, width),
    ...failures.flatMap(({ code, expected, seen }) => {
      const compared = expected === null && seen === null ? "" : `: expected ${expected ?? "?"}, seen ${seen ?? "?"}`;
      return wrapped(`${code}${compared}`, width);
    }),
    ...(reason === null ? [] : wrapped(`not checked: ${reason}`, width)),
    ...(meaning === "" ? [] : wrapped(meaning, width)),
    ...[placeOf(field)].filter((place) => place !== "").flatMap((place) => wrapped(`(${place})`, width)),
  ];
  return [`${outcomeText[outcome].padEnd(MARGIN)}${first}`, ...rest.map((line) => `${" ".repeat(MARGIN)}${line}`)];
};

/** Writes groups as plain text of at most this many columns, from 40 up. */
export const explainText = (groups: readonly ExplainedGroup[], width = DEFAULT_WIDTH): string => {
  const columns = Math.max(MIN_WIDTH, width);
  const lines = groups.flatMap(({ title, section, fields }) => [
    ...wrapped(section === "" ? title.toUpperCase() : `${title.toUpperCase()} (${section})`, columns),
    ...fields.flatMap((field) => ["", ...fieldLines(field, columns - MARGIN)]),
    "",
  ]);
  return `${lines.join("\n").trimEnd()}\n`;
};
