// Which processes there are, from /proc: a process id alone is given to another process in time, so its start time goes with it.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process of this machine. */
export interface ProcessSeen {
  readonly pid: number;
  readonly parent: number;
  /** In clock ticks since boot. */
  readonly startTime: number;
  readonly command: string;
}

const seen = (pid: number): ProcessSeen | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    // proc_pid_stat(5); the name in parentheses may hold anything, so the fields are counted from its end.
    const [state = "", parent = "", ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended: only its parent has not asked how.
    if (state === "Z" || state === "X") return undefined;
    return { pid, parent: Number(parent), startTime: Number(rest[17]), command };
  } catch {
    return undefined; // it ended meanwhile
  }
};

const allProcesses = (): readonly ProcessSeen[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => seen(Number(name)))
    .filter((process) => process !== undefined);

/** The children of a process, their children, and so on. */
export const descendantsOf = (ancestor: number): readonly ProcessSeen[] => {
  const all = allProcesses();
  const below = (pid: number): readonly ProcessSeen[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(ancestor);
};

/** Processes whose command line names a folder or something in it. */
export const processesNaming = (folder: string): readonly ProcessSeen[] =>
  allProcesses().filter(({ pid, command }) => pid !== process.pid && command.includes(folder));

/** Those of the processes that still run. */
export const stillRunning = (processes: readonly ProcessSeen[]): readonly ProcessSeen[] =>
  processes.filter(({ pid, startTime }) => seen(pid)?.startTime === startTime);

/** Waits until none of the processes runs; what is left then is returned. */
export const leftAfter = async (
  processes: readonly ProcessSeen[],
  withinMs: number,
): Promise<readonly ProcessSeen[]> => {
  const deadline = Date.now() + withinMs;
  while (stillRunning(processes).length > 0 && Date.now() < deadline) await sleep(50);
  return stillRunning(processes);
};
