import { vectorLength, type ColumnVector } from "./column-vector.ts";
import { SealingError } from "./errors.ts";
import { MAX_TEXT_LENGTH } from "./limits.ts";
import type { Column } from "./schema.ts";

const invalid = (column: Column, problem: string, row?: number): SealingError =>
  new SealingError(
    "VALUE_INVALID",
    `column ${column.name}${row === undefined ? "" : `, row ${row} of its row group`}: ${problem}`,
    { column: column.name, ...(row === undefined ? {} : { row }) },
  );

const textProblem = (text: string): string | undefined => {
  if (text.length > MAX_TEXT_LENGTH) return `text is ${text.length} units long, at most ${MAX_TEXT_LENGTH}`;
  // An encoder would replace a lone surrogate, and another text would come back.
  return text.isWellFormed() ? undefined : "text has a lone surrogate";
};

const checkTexts = (column: Column, texts: readonly (string | null)[]): void => {
  for (const [row, text] of texts.entries()) {
    const problem = text === null ? undefined : textProblem(text);
    if (problem !== undefined) throw invalid(column, problem, row);
  }
};

const missingRow = (vector: ColumnVector): number => {
  if (vector.kind === "dictionary") return vector.codes.indexOf(-1);
  return vector.kind === "string" ? vector.values.indexOf(null) : (vector.valid?.indexOf(0) ?? -1);
};

const typeOf = (vector: ColumnVector): Column["type"] => {
  if (vector.kind === "dictionary") return vector.dictionary instanceof Int32Array ? "INT32" : "STRING";
  return vector.kind === "int32" ? "INT32" : "STRING";
};

/**
 * Throws unless a vector can be written as this column. No message has a value: it may be personal.
 *
 * @throws SealingError VALUE_INVALID
 */
export const checkVector = (column: Column, vector: ColumnVector, rows: number): void => {
  const length = vectorLength(vector);
  if (length !== rows) throw invalid(column, `has ${length} rows, its row group ${rows}`);
  if (typeOf(vector) !== column.type) throw invalid(column, `is given ${typeOf(vector)}, want ${column.type}`);
  if (vector.kind === "dictionary") {
    const { codes, dictionary } = vector;
    const row = codes.findIndex((code) => code < -1 || code >= dictionary.length);
    if (row >= 0) throw invalid(column, "code is not in the dictionary", row);
    if (!(dictionary instanceof Int32Array)) checkTexts(column, dictionary);
  } else if (vector.kind === "string") checkTexts(column, vector.values);
  else if (vector.valid !== null && vector.valid.length !== rows)
    throw invalid(column, `has ${vector.valid.length} valid marks for ${rows} rows`);
  const missing = column.nullable ? -1 : missingRow(vector);
  if (missing >= 0) throw invalid(column, "cell is missing", missing);
};
