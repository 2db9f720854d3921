// One launcher per state folder: two would write into each other's processes' folders.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LaunchError } from "./launch-error.ts";
import type { State } from "./state.ts";

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // kill throws a system error
  }
};

/**
 * Takes the state folder.
 *
 * @returns gives it back
 * @throws {LaunchError} STATE_IN_USE when a launcher that is alive has it
 */
export const lockState = ({ root }: State): (() => void) => {
  const file = join(root, "launcher.pid");
  const take = (): void => writeFileSync(file, `${process.pid}\n`, { flag: "wx" });
  try {
    take();
  } catch (cause) {
    const pid = Number(readFileSync(file, "utf8"));
    if (Number.isInteger(pid) && pid > 0 && isAlive(pid)) {
      throw new LaunchError(
        "STATE_IN_USE",
        `the launcher with process id ${pid} uses ${root}: stop it, or choose another folder with --state`,
        { pid, state: root },
        { cause },
      );
    }
    rmSync(file, { force: true });
    take();
  }
  return () => rmSync(file, { force: true });
};
