// `npm run fuzz`: feeds the parsers and the verifier of the attestation library with what nobody would send.
//
//   npm run fuzz                                   every target in turn, 30 seconds each
//   npm run fuzz -- report certificate --seconds 600
//   npm run fuzz -- report --replay FILE           one input again, on the sources, with the stack of the finding
//   npm run fuzz -- --planted                      plants a bug on purpose, which must be found
//   npm run fuzz -- mutations --count 100000       random changes to real reports
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { fuzz, type FuzzOutcome } from "./coverage-guided.ts";
import { genuineEvidence, tryMutations } from "./mutations.ts";
import { writePlainCopy } from "./plain-copy.ts";
import { plantedBug } from "./planted-bug.ts";
import type { FuzzTarget } from "./target.ts";

const project = dirname(dirname(import.meta.dirname));
const names = globSync("*.ts", { cwd: join(import.meta.dirname, "targets") })
  .map((file) => basename(file, ".ts"))
  .toSorted();

const load = async (name: string): Promise<FuzzTarget> =>
  (await import(join(import.meta.dirname, "targets", `${name}.ts`))).target;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const row = (name: string, { executions, seconds, edges, features, inputs, findings }: FuzzOutcome): string =>
  [
    name.padEnd(12),
    ...[executions, executions / seconds, edges, features, inputs, findings.length].map((value) =>
      String(Math.round(value)).padStart(11),
    ),
  ].join("");
const head = [
  "target".padEnd(12),
  ...["executions", "per second", "edges", "features", "inputs", "findings"].map((word) => word.padStart(11)),
].join("");

/** Status 0 when nothing was found, 1 for a finding, 2 when the fuzzer itself did not run. */
const fuzzEach = async (targets: readonly string[], seconds: number): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "sealmesh-fuzz-"));
  let status = 0;
  try {
    writePlainCopy(folder);
    print(head);
    for (const name of targets) {
      const outcome = await fuzz({
        name,
        target: await load(name),
        folder,
        corpus: join(project, "node_modules", ".cache", "sealmesh-fuzz", name),
        findings: join(import.meta.dirname, "findings", name),
        seconds,
        onProgress: (line) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${name}: ${line}`)),
      });
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
      print(row(name, outcome));
      for (const file of outcome.findings) print(`  npm run fuzz -- ${name} --replay ${file}`);
      if (outcome.findings.length > 0) status = Math.max(status, 1);
      else if (outcome.status !== 0) {
        print(outcome.lastWords.join("\n"));
        status = 2;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return status;
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "30" },
    count: { type: "string", default: "100000" },
    seed: { type: "string" },
    replay: { type: "string" },
    planted: { type: "boolean", default: false },
  },
});
const [seconds, count] = [Number(values.seconds), Number(values.count)];
const unknown = positionals.filter((name) => !names.includes(name) && name !== "mutations");
if (unknown.length > 0 || !(seconds >= 1) || !(count >= 1)) {
  process.stderr.write(`usage: npm run fuzz -- [${names.join("|")}|mutations]... [--seconds N] [--count N]\n`);
  process.exit(2);
}

const mutateReports = async (): Promise<number> => {
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const genuine = await genuineEvidence();
  const began = performance.now();
  try {
    const { tried, refusals } = await tryMutations(genuine, count, seed);
    const took = ((performance.now() - began) / 1000).toFixed(1);
    print(
      `${tried} changes of ${genuine.length} genuine reports, seed ${seed}: none accepted, in ${took} s. Refused with`,
    );
    for (const [code, times] of [...refusals].toSorted((a, b) => b[1] - a[1])) print(`  ${code.padEnd(34)}${times}`);
    return 0;
  } catch (error) {
    print(error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error));
    return 1;
  }
};

if (values.planted) process.exitCode = await plantedBug(print);
else if (values.replay !== undefined) {
  const [name = ""] = positionals;
  await (await load(name)).run(readFileSync(values.replay));
  print(`${name}: no finding`);
} else if (positionals[0] === "mutations") process.exitCode = await mutateReports();
else process.exitCode = await fuzzEach(positionals.length > 0 ? positionals : names, seconds);
