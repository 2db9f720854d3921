// Runs in the place of a service: tries to open each file named in its own folder, and prints what came of it as JSON.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const outcomeOf = (file: string): string => {
  try {
    readFileSync(file);
    return "opened";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
};

const files = JSON.parse(readFileSync(join(import.meta.dirname, "files.json"), "utf8")) as readonly string[]; // the test wrote it
process.stdout.write(JSON.stringify(Object.fromEntries(files.map((file) => [file, outcomeOf(file)]))));
