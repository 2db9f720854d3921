/**
 * The cells of one column in one row group.
 *
 * - `dictionary`: `codes` index the dictionary; −1 is a missing cell
 * - `int32`: `valid` has a byte per row, 0 where the cell is missing (its value is then 0); null when none is
 * - `string`: null is a missing cell, `""` is an empty one
 */
export type ColumnVector =
  | { readonly kind: "dictionary"; readonly dictionary: readonly string[] | Int32Array; readonly codes: Int32Array }
  | { readonly kind: "int32"; readonly values: Int32Array; readonly valid: Uint8Array | null }
  | { readonly kind: "string"; readonly values: readonly (string | null)[] };

/** A vector whose cells stand in full. */
export type PlainVector = Exclude<ColumnVector, { kind: "dictionary" }>;
/** A vector of codes. */
export type DictionaryVector = Extract<ColumnVector, { kind: "dictionary" }>;

/** How many cells a vector has. */
export const vectorLength = (vector: ColumnVector): number =>
  vector.kind === "dictionary" ? vector.codes.length : vector.values.length;

/** A vector without a dictionary. */
export const toPlain = (vector: ColumnVector): PlainVector => {
  if (vector.kind !== "dictionary") return vector;
  const { dictionary, codes } = vector;
  if (!(dictionary instanceof Int32Array))
    return { kind: "string", values: Array.from(codes, (code) => (code < 0 ? null : (dictionary[code] ?? null))) };
  return {
    kind: "int32",
    values: codes.map((code) => (code < 0 ? 0 : (dictionary[code] ?? 0))),
    valid: codes.includes(-1) ? Uint8Array.from(codes, (code) => (code < 0 ? 0 : 1)) : null,
  };
};

/** The cells of a vector, one by one: for tests and for people, not for the inner loop. */
export const toCells = (vector: ColumnVector): readonly (string | number | null)[] => {
  const plain = toPlain(vector);
  if (plain.kind === "string") return plain.values;
  return Array.from(plain.values, (value, row) => (plain.valid?.[row] === 0 ? null : value));
};
