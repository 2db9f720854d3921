// The schema file of `sealmesh seal`: the columns to seal, in which class each is, and under which headers it may come.
import * as v from "valibot";
import { parse } from "yaml";
import { parseColumns, type Column } from "#sealing";
import { CliError } from "../cli-error.ts";
import { readText } from "../files.ts";

const schemaFile = v.strictObject({
  columns: v.pipe(
    v.array(
      v.strictObject({
        name: v.string(),
        type: v.picklist(["INT32", "STRING"]),
        class: v.string(),
        nullable: v.optional(v.boolean(), true),
        from: v.optional(v.array(v.string()), () => []),
      }),
    ),
    v.minLength(1),
  ),
  /** Headers of the source that are left out on purpose; any other header that is not mapped is refused. */
  ignore: v.optional(v.array(v.string()), () => []),
});

/** The schema of a sealed dataset and how a source file is mapped to it. */
export interface SealingSchema {
  readonly columns: readonly Column[];
  /**
   * Finds each column in the header of a source.
   *
   * @returns the source's position of each column, in the order of `columns`
   * @throws {CliError} FILE_MALFORMED naming a missing, doubled or unexpected header
   */
  positionsIn(header: readonly string[]): readonly number[];
}

/**
 * Reads a schema file.
 *
 * @throws {CliError} FILE_UNUSABLE, FILE_MALFORMED with the path of what is wrong
 */
export const readSchema = (file: string): SealingSchema => {
  let document: unknown;
  try {
    document = parse(readText(file), { uniqueKeys: true });
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError("FILE_MALFORMED", `${file} is not YAML`, { file }, { cause });
  }
  const result = v.safeParse(schemaFile, document);
  if (!result.success) {
    const path = v.getDotPath(result.issues[0]) ?? "";
    throw new CliError("FILE_MALFORMED", `${file}: ${path} ${result.issues[0].message}`, { file, path });
  }
  const { columns, ignore } = result.output;
  const namesOf = columns.map(({ name, from }) => [name, ...from]);

  return {
    columns: parseColumns(
      columns.map(({ name, type, nullable, class: className }) => ({ name, type, nullable, class: className })),
    ),
    positionsIn(header) {
      const wrong = (message: string, name: string): CliError =>
        new CliError("FILE_MALFORMED", message, { header: name });
      for (const [at, name] of header.entries()) {
        if (header.indexOf(name) !== at) throw wrong(`header ${name} comes twice`, name);
        if (!ignore.includes(name) && !namesOf.some((names) => names.includes(name))) {
          throw wrong(`header ${name} is neither mapped nor ignored by the schema`, name);
        }
      }
      return namesOf.map((names) => {
        const found = names.filter((name) => header.includes(name));
        const [name] = found;
        if (name === undefined)
          throw wrong(`no header for column ${names[0]}: want ${names.join(" or ")}`, names[0] ?? "");
        if (found.length > 1) throw wrong(`column ${names[0]} comes twice: as ${found.join(" and ")}`, name);
        return header.indexOf(name);
      });
    },
  };
};
