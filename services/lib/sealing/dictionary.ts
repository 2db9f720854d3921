// When a column gets a dictionary: few distinct values, so that codes are small and pages have a size that depends on the
// dictionary alone, not on the order of the values.
import { toPlain, vectorLength, type ColumnVector, type DictionaryVector, type PlainVector } from "./column-vector.ts";
import { MAX_DICTIONARY, TARGET_PAGE_BYTES } from "./limits.ts";

const textBytes = (text: string): number => 4 + 3 * text.length;

/** Whether a dictionary of that many entries is worth it for that many rows. */
const pays = (entries: number, rows: number): boolean => entries > 0 && entries <= MAX_DICTIONARY && entries < rows / 2;

const codesOf = <T>(
  length: number,
  cell: (row: number) => T | null,
): { readonly entries: readonly T[]; readonly codes: Int32Array } | undefined => {
  const most = Math.min(MAX_DICTIONARY, Math.ceil(length / 2) - 1);
  const known = new Map<T, number>();
  const codes = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const value = cell(row);
    let code = value === null ? -1 : known.get(value);
    if (code === undefined && value !== null) {
      if (known.size >= most) return undefined;
      code = known.size;
      known.set(value, code);
    }
    codes[row] = code ?? -1;
  }
  return { entries: [...known.keys()], codes };
};

const dictionaryOf = (vector: PlainVector): DictionaryVector | undefined => {
  if (vector.kind === "string") {
    const found = codesOf(vector.values.length, (row) => vector.values[row] ?? null);
    return found && { kind: "dictionary", dictionary: found.entries, codes: found.codes };
  }
  const { values, valid } = vector;
  const found = codesOf(values.length, (row) => (valid?.[row] === 0 ? null : (values[row] ?? null)));
  return found && { kind: "dictionary", dictionary: Int32Array.from(found.entries), codes: found.codes };
};

const fits = ({ dictionary, codes }: DictionaryVector): boolean =>
  pays(dictionary.length, codes.length) &&
  (dictionary instanceof Int32Array || dictionary.reduce((sum, text) => sum + textBytes(text), 0) <= TARGET_PAGE_BYTES);

/** The vector as it is written: with a dictionary where that pays, in full otherwise. */
export const chooseEncoding = (vector: ColumnVector): ColumnVector => {
  if (vectorLength(vector) === 0) return toPlain(vector);
  const found = vector.kind === "dictionary" ? vector : dictionaryOf(vector);
  return found !== undefined && fits(found) ? found : toPlain(vector);
};
