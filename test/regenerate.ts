// `npm run gen`: re-makes what is generated and committed: gen/ts from the protos, the reference values from the
// sources, and the vectors of the formats.
import { spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";

const project = dirname(import.meta.dirname);
const PATH = `${join(project, "node_modules", ".bin")}${delimiter}${process.env["PATH"] ?? ""}`;

const run = (command: string, args: readonly string[]): void => {
  const { status } = spawnSync(command, args, { cwd: project, stdio: "inherit", env: { ...process.env, PATH } });
  if (status !== 0) process.exit(status ?? 1);
};

run("buf", ["generate"]);
// After the code: HOST_DATA covers gen/ts.
run(process.execPath, [join("services", "launcher", "reference.ts")]);
run(process.execPath, [join("test", "formats", "make-vectors.ts")]);
