// `sealmesh approve`: the owners accept the code that is here now. Measuring is the host's, so its own program does it.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import type { Command } from "commander";

const launcher = join(dirname(dirname(import.meta.dirname)), "launcher", "approve.ts");

/** Adds `sealmesh approve`. */
export const addApproveCommand = (program: Command): void => {
  program
    .command("approve")
    .summary("accept the code that is here now: a new version of each contract, signed by all owners")
    .option("--state <folder>", "the state folder", ".sealmesh")
    .addHelpText("after", "\nExample: sealmesh approve")
    .action(({ state }: { state: string }) => {
      const { status } = spawnSync(process.execPath, [launcher, "--state", state], { stdio: "inherit" });
      process.exitCode = status ?? 1;
    });
};
