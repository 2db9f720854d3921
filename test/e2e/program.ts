// Runs programs of the project to their end.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { endWithTests } from "./fresh.ts";

/** The folder of this project. */
export const project = dirname(dirname(import.meta.dirname));

/** Longer than anything takes, on a machine that does other things too. */
export const PATIENCE_MS = 150_000;

/** How a process ended. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What came of a command that ran to its end. */
export interface Finished extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a program is started, and with what. */
export interface ProgramOptions {
  /** Another copy of the project to start from. */
  readonly project?: string;
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The environment of this process, with more. */
export const environmentFor = (added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
  // The runner's own variables make a child report to it instead of to us.
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...environment } = process.env;
  return { ...environment, ...added };
};

/** Runs a program of the project to its end. */
export const runProgram = async (
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished> => {
  const from = options.project ?? project;
  const child = spawn(process.execPath, [join(from, program), ...args], {
    cwd: from,
    env: environmentFor(options.environment),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE_MS,
  });
  endWithTests(child);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
};

/** Runs the `sealmesh` command. */
export const sealmesh = (args: readonly string[], options: ProgramOptions = {}): Promise<Finished> =>
  runProgram("services/cli/main.ts", args, options);
