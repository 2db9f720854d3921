// Runs a program of this project under its pinned Node runtime, on any machine that has some Node >= 20 and npm.
//
// Plain JavaScript without a dependency, because it runs before anything is installed: installs exactly what the lockfile
// says when that is not there yet, then starts the pinned runtime with the program and hands over the terminal.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(project, "node_modules", ".sealmesh-installed");
const LEAST_NODE = [20, 0];
const LEAST_NODE_WITHOUT_PINNED = [24, 12];

/** The lockfile's digest: what is installed is right if and only if it was installed from this lockfile. */
const lockfileDigest = () =>
  createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");

const atLeast = ([major, minor]) => {
  const [a, b] = process.versions.node.split(".").map(Number);
  return a > major || (a === major && b >= minor);
};

const fail = (message) => {
  process.stderr.write(`sealmesh: ${message}\n`);
  process.exit(1);
};

const install = () => {
  process.stderr.write("sealmesh: installing dependencies from the lockfile\n");
  rmSync(stamp, { force: true });
  // npm's own chatter goes to stderr: stdout belongs to the program.
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: project,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.error) fail(`npm could not be started: ${npm.error.message}`);
  if (npm.status !== 0) fail(`npm ci ended with status ${npm.status}; nothing was started`);
  writeFileSync(stamp, lockfileDigest());
};

const isInstalled = () => existsSync(stamp) && readFileSync(stamp, "utf8") === lockfileDigest();

/** The pinned runtime of this platform, from the lockfile; where none is pinned, a recent enough Node that is already here. */
const runtime = () => {
  const pinned = join(project, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(pinned)) return pinned;
  if (atLeast(LEAST_NODE_WITHOUT_PINNED)) return process.execPath;
  return fail(
    `no runtime is pinned for ${process.platform}-${process.arch}: install Node >= ${LEAST_NODE_WITHOUT_PINNED.join(".")} and try again`,
  );
};

if (!atLeast(LEAST_NODE)) fail(`this needs Node >= ${LEAST_NODE.join(".")}, found ${process.versions.node}`);
if (!isInstalled()) install();

const [program, ...rest] = process.argv.slice(2);
if (program === undefined) fail("name the program to run");
const child = spawn(runtime(), [join(project, program), ...rest], { stdio: "inherit" });
// Ctrl-C reaches the whole group from the terminal; a signal sent to this process alone is passed on. Either way the
// program decides when it is done, and its status is ours.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
// npm passes no signal on: when it is ended, the program would go on without anyone to stop it. It is the parent, or the
// parent of the shell that it runs scripts in.
const npmProcess = () => {
  const parent = process.ppid;
  try {
    const [, name, , grandparent] = /^\d+ \((.*)\) (\S) (\d+)/.exec(readFileSync(`/proc/${parent}/stat`, "utf8")) ?? [];
    return /^(sh|dash|bash)$/.test(name) ? Number(grandparent) : parent;
  } catch {
    return parent; // no /proc here
  }
};
if (process.env["npm_lifecycle_event"] !== undefined) {
  const npm = npmProcess();
  setInterval(() => {
    if (npmProcess() !== npm) child.kill("SIGTERM");
  }, 500).unref();
}
child.on("error", (error) => fail(`the runtime could not be started: ${error.message}`));
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
