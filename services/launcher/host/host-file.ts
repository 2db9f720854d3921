// What the host remembers besides its keys: JSON files, each written whole or not at all.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

/** A file of a form, below the host's folder. */
export interface HostFile<Value> {
  exists(folder: string): boolean;
  /** Throws when it is not there or not of its form. */
  read(folder: string): Value;
  write(folder: string, value: unknown): void;
}

/** Describes a file. */
export const hostFile = <Value>(name: string, schema: v.GenericSchema<unknown, Value>): HostFile<Value> => ({
  exists: (folder) => existsSync(join(folder, name)),
  read: (folder) => v.parse(schema, JSON.parse(readFileSync(join(folder, name), "utf8"))),
  write(folder, value) {
    const draft = join(folder, `${name}.draft`);
    writeFileSync(draft, `${JSON.stringify(value, null, 1)}\n`);
    renameSync(draft, join(folder, name));
  },
});
