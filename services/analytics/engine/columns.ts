// Reads the columns of row groups. Dictionaries differ from row group to row group, so values get codes of the engine's own.

import type { ColumnVector } from "#sealing";
import { AggregationError } from "./aggregation-error.ts";
import { generationNames, generationOf } from "./buckets.ts";
import { grown, int32, uint8 } from "./buffers.ts";
import type { Name } from "./ranking.ts";

/** The code of a missing cell. */
export const MISSING = -1;
/** Distinct values of a column, or groups of an output, above which a run is refused. */
export const MAXIMUM_GROUPS = 2 ** 20;

/** What a column is grouped by. */
export interface Dimension {
  readonly column: string;
  /** The code of each cell in the first `rows` elements, `MISSING` for missing cells; valid until the next call. */
  encode(vector: ColumnVector, rows: number): Int32Array;
  /** The value of a code. */
  nameOf(code: number): Name;
  /** Overwrites what can be overwritten: codes. Text in the heap is only let go. */
  wipe(): void;
}

/** Groups a column by its values. An empty text is an empty cell, and as such missing. */
export function createValueDimension(column: string): Dimension {
  const codes = new Map<Name, number>();
  const names: Name[] = [];
  let type: "string" | "number" | undefined;
  return createDimension(column, {
    codeOf: (value) => {
      if (value === "") return MISSING;
      type ??= typeof value === "string" ? "string" : "number";
      if (typeof value !== type)
        throw new AggregationError("COLUMN_TYPE", `${column} is not ${type} everywhere`, { column });
      let code = codes.get(value);
      if (code === undefined) {
        code = names.length;
        if (code === MAXIMUM_GROUPS) {
          const message = `${column} has more than ${MAXIMUM_GROUPS} distinct values`;
          throw new AggregationError("GROUPS_LIMITED", message, { column, limit: MAXIMUM_GROUPS });
        }
        codes.set(value, code);
        names.push(value);
      }
      return code;
    },
    nameOf: (code) => names[code] ?? "",
    forget: () => {
      codes.clear();
      names.length = 0;
    },
  });
}

/** Groups a column of ages by the generation that people belong to in the year `asOf`. */
export function createGenerationDimension(column: string, asOf: number): Dimension {
  return createDimension(column, {
    codeOf: (age) => {
      if (typeof age === "number") return generationOf(age, asOf);
      throw new AggregationError("COLUMN_TYPE", `${column} is text, want ages`, { column });
    },
    nameOf: (code) => generationNames[code] ?? "",
    forget: () => {},
  });
}

interface Coding {
  readonly codeOf: (value: Name) => number;
  readonly nameOf: (code: number) => Name;
  readonly forget: () => void;
}

function createDimension(column: string, { codeOf, nameOf, forget }: Coding): Dimension {
  let scratch = int32(0);
  return {
    column,
    encode(vector, rows) {
      checkLength(column, vector, rows);
      scratch = grown(scratch, rows, int32);
      if (vector.kind === "dictionary") {
        const table = Int32Array.from<Name>(vector.dictionary, codeOf);
        translate(column, vector.codes, table, scratch);
      } else if (vector.kind === "int32") {
        const { values, valid } = vector;
        for (let row = 0; row < rows; row++) scratch[row] = valid?.[row] === 0 ? MISSING : codeOf(values[row] ?? 0);
      } else {
        const { values } = vector;
        for (let row = 0; row < rows; row++) scratch[row] = codeOf(values[row] ?? "");
      }
      return scratch;
    },
    nameOf,
    wipe() {
      scratch.fill(0);
      forget();
    },
  };
}

function translate(column: string, codes: Int32Array, table: Int32Array, target: Int32Array): void {
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] ?? MISSING;
    const value = code === MISSING ? MISSING : table[code];
    if (value === undefined) throw codeMissing(column, code, table.length);
    target[row] = value;
  }
}

/** Numbers of a row group; `valid` is 0 where the cell is missing, and null when none is. */
export interface Numbers {
  readonly values: Int32Array;
  readonly valid: Uint8Array | null;
}

/** A column that is measured. */
export interface MeasuredColumn {
  /** The numbers of the first `rows` elements; valid until the next call. */
  read(vector: ColumnVector, rows: number): Numbers;
  wipe(): void;
}

/** Measures a column of 32-bit integers. */
export function createMeasuredColumn(column: string): MeasuredColumn {
  let values = int32(0);
  let valid = uint8(0);
  return {
    read(vector, rows) {
      checkLength(column, vector, rows);
      if (vector.kind === "int32") return vector;
      if (vector.kind === "string" || !(vector.dictionary instanceof Int32Array)) {
        throw new AggregationError("COLUMN_TYPE", `${column} is text, want numbers`, { column });
      }
      values = grown(values, rows, int32);
      valid = grown(valid, rows, uint8);
      const { codes, dictionary } = vector;
      for (let row = 0; row < rows; row++) {
        const code = codes[row] ?? MISSING;
        const value = code === MISSING ? 0 : dictionary[code];
        if (value === undefined) throw codeMissing(column, code, dictionary.length);
        values[row] = value;
        valid[row] = code === MISSING ? 0 : 1;
      }
      return { values, valid };
    },
    wipe() {
      values.fill(0);
      valid.fill(0);
    },
  };
}

function checkLength(column: string, vector: ColumnVector, rows: number): void {
  const cells = vector.kind === "dictionary" ? vector.codes.length : vector.values.length;
  const marks = vector.kind === "int32" && vector.valid !== null ? vector.valid.length : rows;
  if (cells === rows && marks === rows) return;
  const message = `${column} has ${cells} cells and ${marks} marks of validity, want ${rows}`;
  throw new AggregationError("COLUMN_MALFORMED", message, { column, cells, marks, rows });
}

function codeMissing(column: string, code: number, entries: number): AggregationError {
  const message = `${column} has code ${code}, its dictionary ${entries} entries`;
  return new AggregationError("COLUMN_MALFORMED", message, { column, code, entries });
}
