// `npm test`: runs every test with Node's own runner, under the pinned runtime.
//
//   npm test                     all
//   npm test -- lib/sealing      only test files whose path contains one of the words
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { provision } from "./provision.ts";

const project = dirname(import.meta.dirname);
const words = process.argv.slice(2);
const files = globSync("test/**/*.test.ts", { cwd: project })
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .toSorted();
if (files.length === 0) {
  process.stderr.write(`no test file matches ${words.join(" ")}\n`);
  process.exit(1);
}

provision();
const { NODE_OPTIONS: _, ...environment } = process.env;
const tools = join(project, "node_modules", ".bin");
const { status } = spawnSync(
  process.execPath,
  ["--test", "--test-reporter=spec", "--test-concurrency=2", "--test-timeout=900000", ...files],
  { cwd: project, stdio: "inherit", env: { ...environment, PATH: `${tools}${delimiter}${process.env["PATH"] ?? ""}` } },
);
process.exit(status ?? 1);
