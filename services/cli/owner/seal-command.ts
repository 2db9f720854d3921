// `sealmesh seal`: from a CSV file to encrypted Parquet and the manifest that its owner still has to sign.
import { createReadStream, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { CsvError, parse } from "csv-parse";
import * as v from "valibot";
import { classesOf, encodeManifest, fromBase64, masterKeyId } from "#sealing";
import { sealTable } from "#sealing-node";
import { CliError } from "../cli-error.ts";
import { readJson, writeWhole } from "../files.ts";
import { startProgress } from "../progress.ts";
import { readSchema, type SealingSchema } from "./schema-file.ts";

const classKeysFile = v.array(v.strictObject({ master_key_id: v.string(), spki: v.string() }));

const classKeysIn = (
  file: string,
  schema: SealingSchema,
  dataset: string,
  version: number,
): Readonly<Record<string, Uint8Array>> => {
  const parsed = v.safeParse(classKeysFile, readJson(file));
  if (!parsed.success) throw new CliError("FILE_MALFORMED", `${file} is not a list of class keys`, { file });
  return Object.fromEntries(
    classesOf(schema.columns).map((name) => {
      const id = masterKeyId({ dataset, version, class: name });
      const key = parsed.output.find(({ master_key_id }) => master_key_id === id);
      if (key === undefined) throw new CliError("FILE_MALFORMED", `${file} has no key ${id}`, { file, key: id });
      return [name, fromBase64(key.spki)];
    }),
  );
};

/** The rows of a CSV file, cells in the order of the schema; the first line is the header. */
async function* rowsOf(
  file: string,
  schema: SealingSchema,
  onBytes: (count: number) => void,
): AsyncGenerator<readonly (string | null)[]> {
  const source = createReadStream(file);
  let read = 0;
  source.on("data", (chunk) => onBytes((read += chunk.length)));
  const parser = source.pipe(parse({ bom: true, skip_empty_lines: true }));
  source.on("error", (error) => parser.destroy(error));
  let positions: readonly number[] | undefined;
  try {
    for await (const record of parser as AsyncIterable<readonly string[]>) {
      if (positions === undefined) positions = schema.positionsIn(record);
      else yield positions.map((at) => record[at] ?? null);
    }
  } catch (error) {
    if (error instanceof CsvError) {
      // The parser's own message quotes the record: only the place is said.
      throw new CliError(
        "FILE_MALFORMED",
        `${file} is not well-formed CSV at line ${Number(error["lines"])}: ${error.code}`,
        { file, problem: error.code },
      );
    }
    if (error instanceof Error && "syscall" in error)
      throw new CliError("FILE_UNUSABLE", `cannot read ${file}`, { file }, { cause: error });
    throw error;
  }
  if (positions === undefined) throw new CliError("FILE_MALFORMED", `${file} has no header`, { file });
}

interface SealOptions {
  readonly schema: string;
  readonly as: string;
  readonly datasetVersion: number;
  readonly keys?: string;
  readonly out: string;
}

/** Adds `sealmesh seal`. */
export const addSealCommand = (program: Command, wholeNumber: (text: string) => number): void => {
  program
    .command("seal")
    .summary("seal a CSV file as a dataset version")
    .description(
      "Writes encrypted Parquet (Parquet Modular Encryption) and an unsigned manifest. Needs public keys only. A value that does not\n" +
        "fit the schema is refused with its row and column, and nothing is written.",
    )
    .argument("<file>", "the CSV file, with a header line")
    .requiredOption("--schema <file>", "columns, types and classes")
    .requiredOption("--as <dataset>", "such as contoso/employees")
    .option("--dataset-version <n>", "the version, from 1", wholeNumber, 1)
    .option(
      "--keys <file>",
      "the public class keys, from `sealmesh class-keys` (default: class-keys.json in the out folder)",
    )
    .requiredOption("--out <folder>", "where the part and the manifest go")
    .addHelpText(
      "after",
      "\nExample: sealmesh seal employees.csv --schema employees.schema.yaml --as contoso/employees --out sealed/",
    )
    .action(async (file: string, options: SealOptions) => {
      const schema = readSchema(options.schema);
      const classKeys = classKeysIn(
        options.keys ?? join(options.out, "class-keys.json"),
        schema,
        options.as,
        options.datasetVersion,
      );
      const size = statSync(file, { throwIfNoEntry: false })?.size;
      if (size === undefined) throw new CliError("FILE_UNUSABLE", `cannot read ${file}`, { file });
      const bar = startProgress(`sealing ${options.as}`, size, "bytes");
      try {
        const manifest = await sealTable({
          rows: rowsOf(file, schema, bar.update),
          header: schema.columns.map(({ name }) => name),
          schema: schema.columns,
          dataset: options.as,
          version: options.datasetVersion,
          classKeys,
          outFolder: options.out,
        });
        writeWhole(join(options.out, "manifest.unsigned.json"), encodeManifest(manifest));
        process.stdout.write(
          `${JSON.stringify({ dataset: manifest.dataset, version: manifest.version, rows: manifest.rows })}\n`,
        );
      } finally {
        bar.stop();
      }
    });
};
