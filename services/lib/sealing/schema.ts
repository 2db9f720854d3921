// The schema of a sealed dataset: flat columns, each in a class whose keys are released together.
import * as v from "valibot";
import { SealingError } from "./errors.ts";
import { MAX_ORDINALS } from "./limits.ts";
import { DATASET } from "./part-identity.ts";

/** The key class of the footer: every query on a dataset gets it. No column is in it. */
export const FOOTER_CLASS = "footer";

const name = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,62}$/));

/** `<party>/<name>`. */
export const datasetSchema = v.pipe(v.string(), v.regex(DATASET));

const columnSchema = v.strictObject({
  // No dot or slash: the name is a path in the Parquet schema and the end of an OAEP label.
  name: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/),
    v.check((text) => text !== "footer", "no column is called footer"),
  ),
  type: v.picklist(["INT32", "STRING"]),
  nullable: v.boolean(),
  class: v.pipe(
    name,
    v.check((text) => text !== FOOTER_CLASS, "no column is in class footer"),
  ),
});

/** One column of a dataset. */
export interface Column {
  readonly name: string;
  readonly type: "INT32" | "STRING";
  /** Whether a cell may be missing. */
  readonly nullable: boolean;
  /** The class whose key wraps the column's data keys. */
  readonly class: string;
}

/** The columns of a dataset, in the order of the file. */
export const columnsSchema = v.pipe(
  v.array(columnSchema),
  v.minLength(1),
  v.maxLength(MAX_ORDINALS),
  v.check((columns) => new Set(columns.map(({ name }) => name)).size === columns.length, "column names repeat"),
);

/**
 * Parses the columns of a dataset.
 *
 * @throws SealingError SCHEMA_INVALID naming the member
 */
export const parseColumns = (value: unknown): readonly Column[] => {
  const parsed = v.safeParse(columnsSchema, value);
  if (parsed.success) return parsed.output;
  const path = v.getDotPath(parsed.issues[0]) ?? "";
  throw new SealingError("SCHEMA_INVALID", `schema ${path}: ${parsed.issues[0].message}`, { path });
};

/** The classes whose keys a dataset with these columns needs, `footer` last. */
export const classesOf = (columns: readonly Column[]): readonly string[] => [
  ...new Set(columns.map((column) => column.class)),
  FOOTER_CLASS,
];
