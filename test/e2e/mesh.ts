// Starts the real mesh for a test, as a person would: the launcher as a process of its own, in a folder and on ports of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { endWithTests, freshFolder, takePorts, type Ports } from "./fresh.ts";
import { pageBuilt } from "./page.ts";
import { descendantsOf, processesNaming, stillRunning, type ProcessSeen } from "./processes.ts";
import { environmentFor, PATIENCE_MS, project, type Ending, type Finished, type ProgramOptions } from "./program.ts";

/** What can be left out of a topology. */
export type Omitted = "gateway" | "snooper" | "changed_analytics";

/** One line of the launcher's stdout under `--json`. */
export interface Line {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** What a mesh is started with. */
export interface MeshOptions extends ProgramOptions {
  /** The state folder; a fresh one unless given. */
  readonly state?: string;
  readonly topology?: "advanced" | "demo";
  /** Parts of the topology that are not started, to save time where a test is about something else. */
  readonly without?: readonly Omitted[];
  /** Further words of the command, such as `--once`. */
  readonly args?: readonly string[];
  readonly ports?: Ports;
}

/** A launcher that was started. */
export interface Mesh {
  readonly state: string;
  readonly ports: Ports;
  readonly pid: number;
  /** The lines of stdout so far, as they came. */
  readonly stdout: readonly string[];
  /** What it said on stderr so far. */
  stderr(): string;
  /** The first line that matches, come or still to come; rejects when the launcher ends before. */
  line(matches: (line: Line) => boolean): Promise<Line>;
  /** Settles with the line of type `ready`: every service runs and every contract is in force. */
  readonly ready: Promise<Line>;
  readonly ended: Promise<Ending>;
  /** Where a service listens, `localhost:port`, once it is ready. */
  at(label: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Interrupts it as Ctrl-C does, and fails when a process of it is left. */
  stop(): Promise<Ending>;
}

/** The topology that ships, or a file without some of its parts. */
const topologyIn = (from: string, { topology = "advanced", without = [] }: MeshOptions): string => {
  if (without.length === 0) return topology;
  const file = join(freshFolder(), `${topology}.yaml`);
  const shipped = readFileSync(join(from, "infra", "topologies", `${topology}.yaml`), "utf8");
  writeFileSync(file, shipped.replace(new RegExp(`^ *(?:${without.join("|")}): .*\n`, "gm"), ""));
  return file;
};

/** Parses the lines of a launcher under `--json`; a line that is not JSON fails. */
export const linesOf = (stdout: readonly string[]): readonly Line[] =>
  stdout.map((text) => {
    try {
      return JSON.parse(text) as Line; // each line's own test looks at what it holds
    } catch (cause) {
      throw new Error(`not a line of JSON: ${text}`, { cause });
    }
  });

/** Fails, naming the processes, unless there are none. */
export const assertNone = (processes: readonly ProcessSeen[], why: string): void => {
  const named = processes.map(
    ({ pid, command }) => `${pid} ${command.match(/services\/\w+\/main\.ts.*/)?.[0] ?? command}`,
  );
  if (named.length > 0) assert.fail(`${named.join(", ")}: ${why}`);
};

/** Starts the launcher with `--json`; `ready` tells when the mesh is up. */
export const startMesh = async (options: MeshOptions = {}): Promise<Mesh> => {
  const from = options.project ?? project;
  const state = options.state ?? join(freshFolder(), "state");
  const ports = options.ports ?? (await takePorts());
  if (options.without?.includes("gateway") !== true) await pageBuilt();
  const child = spawn(
    process.execPath,
    [
      join(from, "services", "launcher", "main.ts"),
      "--json",
      `--state=${state}`,
      `--topology=${topologyIn(from, options)}`,
      `--mesh-port=${ports.mesh}`,
      `--page-port=${ports.page}`,
      ...(options.args ?? []),
    ],
    { cwd: from, env: environmentFor(options.environment), stdio: ["ignore", "pipe", "pipe"] },
  );
  endWithTests(child);
  const pid = child.pid ?? 0;
  const stdout: string[] = [];
  const waiting = new Set<() => void>();
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  createInterface({ input: child.stdout }).on("line", (text) => {
    stdout.push(text);
    for (const look of waiting) look();
  });
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => {
      resolve({ status, signal });
      for (const look of waiting) look();
    });
  });

  const line: Mesh["line"] = (matches) =>
    new Promise((resolve, reject) => {
      let looked = 0;
      const settle = (act: () => void): void => {
        waiting.delete(look);
        clearTimeout(late);
        act();
      };
      const look = (): void => {
        try {
          const fresh = linesOf(stdout.slice(looked));
          looked = stdout.length;
          const found = fresh.find(matches);
          if (found !== undefined) settle(() => resolve(found));
          else if (child.exitCode !== null || child.signalCode !== null)
            settle(() => reject(new Error(`the launcher ended before that line:\n${errors}`)));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const late = setTimeout(
        () => settle(() => reject(new Error(`no such line in time, the last was ${stdout.at(-1)}\n${errors}`))),
        PATIENCE_MS,
      );
      waiting.add(look);
      look();
    });

  const ready = line(({ type }) => type === "ready");
  ready.catch(() => undefined); // who waits for it is told; who does not is not bothered
  return {
    state,
    ports,
    pid,
    stdout,
    stderr: () => errors,
    line,
    ready,
    ended,
    at: async (label) => {
      const { services } = (await ready) as unknown as { services: { label: string; port: number }[] }; // what the launcher says
      const place = services.find((service) => service.label === label);
      assert.ok(place !== undefined, `the mesh runs no ${label}`);
      return `localhost:${place.port}`;
    },
    signal: (name) => {
      child.kill(name);
    },
    stop: async () => {
      const below = descendantsOf(pid);
      child.kill("SIGINT");
      const ending = await ended;
      assertNone(stillRunning(below), `outlived the launcher, which said: ${errors}`);
      assertNone(processesNaming(state), "is left");
      return ending;
    },
  };
};

/** A launcher that ran to its end. */
export interface Ran extends Finished {
  readonly state: string;
  readonly lines: readonly Line[];
  /** The last line, when it is a result. */
  readonly result: Line | undefined;
}

/** Runs the main job with `--once`. */
export const runMesh = async (options: MeshOptions = {}): Promise<Ran> => {
  const state = options.state ?? join(freshFolder(), "state");
  const isShared = processesNaming(state).length > 0;
  const mesh = await startMesh({ ...options, state, args: ["--once", ...(options.args ?? [])] });
  const ending = await mesh.ended;
  if (!isShared) assertNone(processesNaming(state), "is left");
  const lines = linesOf(mesh.stdout);
  const last = lines.at(-1);
  return {
    ...ending,
    state,
    stdout: mesh.stdout.join("\n"),
    stderr: mesh.stderr(),
    lines,
    result: last?.type === "result" ? last : undefined,
  };
};
