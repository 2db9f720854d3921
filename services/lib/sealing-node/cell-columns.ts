// Text cells gathered into the vectors of one row group, each checked against the schema as it comes.
import { MAX_DICTIONARY, MAX_TEXT_LENGTH, SealingError, type Column, type ColumnVector } from "#sealing";

/** Gathers the cells of one column. */
export interface CellColumn {
  /**
   * Takes the cell of a row; null and the empty text are a missing cell.
   *
   * @param row number of the row in the data, from 1, for the error
   * @throws SealingError VALUE_INVALID naming row and column, never the value: it may be personal
   */
  readonly add: (cell: string | null, row: number) => void;
  /** Hands out what was gathered and starts anew. */
  readonly take: () => ColumnVector;
}

const INT32_MAX = 2_147_483_647;

const invalid = (column: Column, row: number, problem: string): SealingError =>
  new SealingError("VALUE_INVALID", `row ${row}, column ${column.name}: ${problem}`, { row, column: column.name });

const wholeNumber = (cell: string, column: Column, row: number): number => {
  // No leading zeros and no plus sign: a cell written so is a code, as a postal code is, and not a number.
  if (!/^(?:0|-?[1-9][0-9]*)$/.test(cell)) throw invalid(column, row, "not a whole number");
  const value = Number(cell);
  if (value > INT32_MAX || value < -INT32_MAX - 1)
    throw invalid(column, row, "number is not between -2147483648 and 2147483647");
  return value;
};

const numberColumn = (column: Column): CellColumn => {
  let values: number[] = [];
  let valid: number[] = [];
  let missing = false;
  return {
    add: (cell, row) => {
      const present = cell !== null && cell !== "";
      if (!present && !column.nullable) throw invalid(column, row, "cell is empty");
      values.push(present ? wholeNumber(cell, column, row) : 0);
      valid.push(present ? 1 : 0);
      missing ||= !present;
    },
    take: () => {
      const vector = {
        kind: "int32",
        values: Int32Array.from(values),
        valid: missing ? Uint8Array.from(valid) : null,
      } as const;
      values = [];
      valid = [];
      missing = false;
      return vector;
    },
  };
};

/** Codes while there are few values, so that a row group of repeated texts keeps each of them once. */
const textColumn = (column: Column): CellColumn => {
  let known = new Map<string, number>();
  let codes: number[] = [];
  let texts: (string | null)[] | undefined;
  const spell = (): (string | null)[] => {
    const entries = [...known.keys()];
    return codes.map((code) => entries[code] ?? null);
  };
  const addCode = (cell: string | null): void => {
    if (cell === null) {
      codes.push(-1);
      return;
    }
    let code = known.get(cell);
    if (code === undefined) {
      code = known.size;
      known.set(cell, code);
    }
    codes.push(code);
    if (known.size <= MAX_DICTIONARY) return;
    texts = spell();
    codes = [];
    known = new Map();
  };
  return {
    add: (cell, row) => {
      const present = cell !== null && cell !== "";
      if (!present && !column.nullable) throw invalid(column, row, "cell is empty");
      if (present && cell.length > MAX_TEXT_LENGTH)
        throw invalid(column, row, `text is longer than ${MAX_TEXT_LENGTH} units`);
      if (present && !cell.isWellFormed()) throw invalid(column, row, "text has a lone surrogate");
      if (texts !== undefined) texts.push(present ? cell : null);
      else addCode(present ? cell : null);
    },
    take: () => {
      const vector: ColumnVector =
        texts === undefined
          ? { kind: "dictionary", dictionary: [...known.keys()], codes: Int32Array.from(codes) }
          : { kind: "string", values: texts };
      known = new Map();
      codes = [];
      texts = undefined;
      return vector;
    },
  };
};

/** A gatherer for a column. */
export const cellColumn = (column: Column): CellColumn =>
  column.type === "INT32" ? numberColumn(column) : textColumn(column);
