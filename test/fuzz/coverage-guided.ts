import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { WATCHED } from "./plain-copy.ts";
import type { FuzzTarget } from "./target.ts";

const project = dirname(dirname(import.meta.dirname));
const jazzer = join(project, "node_modules", "@jazzer.js", "core", "dist", "cli.js");

/** Seconds of CPU for one input from which on it is a finding. */
const SLOW = 1;
/** Seconds after which an input is taken for one that never ends. */
const HANG = 15;

/** One run of the coverage-guided fuzzer. */
export interface FuzzRun {
  readonly name: string;
  readonly target: FuzzTarget;
  /** The plain copy. */
  readonly folder: string;
  /** Where inputs that reached something new are kept for the next run. */
  readonly corpus: string;
  /** Where reproducers of findings are kept. */
  readonly findings: string;
  readonly seconds: number;
  /** Ends the run earlier. */
  readonly executions?: number;
  /** Tries inputs without looking at what they reach, to compare with. */
  readonly blind?: boolean;
  /** Makes the run repeatable. */
  readonly seed?: number;
  readonly onProgress?: (line: string) => void;
}

/** What a run saw. */
export interface FuzzOutcome {
  readonly executions: number;
  readonly seconds: number;
  /** Places in the code that were reached. */
  readonly edges: number;
  /** Places with how often, and how near comparisons came: what the fuzzer works with. */
  readonly features: number;
  /** Inputs of the corpus, each of which reaches something that no other does. */
  readonly inputs: number;
  /** Files that reproduce a finding. */
  readonly findings: readonly string[];
  /** What the fuzzer said at last, for when it says more than this. */
  readonly lastWords: readonly string[];
  readonly status: number | null;
}

/** Writes inputs as files named by their digest, as libFuzzer does. */
export function writeInputs(folder: string, inputs: readonly Uint8Array[]): void {
  mkdirSync(folder, { recursive: true });
  for (const input of inputs) writeFileSync(join(folder, createHash("sha1").update(input).digest("hex")), input);
}

/** Fuzzes one target with libFuzzer in a process of its own: a hang or a crash of that is a finding as well. */
export async function fuzz(run: FuzzRun): Promise<FuzzOutcome> {
  const { name, target, folder, corpus, findings, seconds, executions, blind = false, seed, onProgress } = run;
  const seeds = join(folder, "seeds", name);
  for (const each of [corpus, findings]) mkdirSync(each, { recursive: true });
  const inputs = await target.seeds();
  writeInputs(seeds, inputs);
  const before = new Set(readdirSync(findings));
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--import",
      join(import.meta.dirname, "native-preload.ts"),
      jazzer,
      join(folder, "test", "fuzz", "entry.js"),
      corpus,
      seeds,
      "--includes",
      join(folder, WATCHED),
      "--disable_bug_detectors",
      ".*",
      "--timeout",
      `${HANG * 1000}`,
      ...(target.waits ? [] : ["--sync"]),
      ...(blind ? ["--dry_run"] : []),
      "--",
      `-max_total_time=${seconds}`,
      `-max_len=${target.maxLength ?? Math.max(256, ...inputs.map(({ length }) => 2 * length))}`,
      "-len_control=0",
      `-artifact_prefix=${findings}/`,
      "-use_value_profile=1",
      `-report_slow_units=${SLOW}`,
      "-print_final_stats=1",
      ...(executions === undefined ? [] : [`-runs=${executions}`]),
      ...(seed === undefined ? [] : [`-seed=${seed}`]),
    ],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, SEALMESH_FUZZ_TARGET: name, SEALMESH_FUZZ_FOLDER: folder },
    },
  );
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const seen = { executions: 0, edges: 0, features: 0, inputs: 0 };
  const lastWords: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    const [, number] = /^(?:#|stat::number_of_executed_units:\s*)(\d+)/.exec(line) ?? [];
    if (number !== undefined) seen.executions = Number(number);
    const [, edges, features, count] = /\bcov: (\d+) ft: (\d+) corp: (\d+)/.exec(line) ?? [];
    if (edges !== undefined) {
      Object.assign(seen, { edges: Number(edges), features: Number(features), inputs: Number(count) });
      onProgress?.(`${seen.executions} executions, ${edges} edges, ${features} features`);
    } else lastWords.push(line);
    if (lastWords.length > 40) lastWords.shift();
  }
  const status = await ended;
  const files = readdirSync(findings).filter((file) => !before.has(file));
  return {
    ...seen,
    seconds: (performance.now() - began) / 1000,
    findings: await findingsAmong(
      files.map((file) => join(findings, file)),
      target,
    ),
    lastWords,
    status,
  };
}

/** libFuzzer goes by the clock, and a busy machine is slow: an input that was only slow counts by the CPU that it needs. */
async function findingsAmong(files: readonly string[], target: FuzzTarget): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of files) {
    if (!basename(file).startsWith("slow-unit-")) found.push(file);
    else if ((await cpuSeconds(target, readFileSync(file))) >= SLOW) found.push(file);
    else rmSync(file);
  }
  return found;
}

async function cpuSeconds(target: FuzzTarget, input: Uint8Array): Promise<number> {
  const before = process.cpuUsage();
  await target.run(input);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
