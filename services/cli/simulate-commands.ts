// `sealmesh simulate`: changes the simulated machine of a local mesh. It is the host's, so its own program does it.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { Argument, type Command, Option } from "commander";

const launcher = join(dirname(import.meta.dirname), "launcher", "simulate.ts");

const perform = (state: string, act: Readonly<Record<string, unknown>>): void => {
  const { status } = spawnSync(process.execPath, [launcher, state, JSON.stringify(act)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
};

interface RaiseOptions {
  readonly state: string;
  readonly upTo: string;
}

/** Adds `sealmesh simulate raise-tcb` and `sealmesh simulate revoke`. */
export const addSimulateCommands = (program: Command, wholeNumber: (text: string) => number): void => {
  const simulate = program
    .command("simulate")
    .summary("new firmware and revoked keys, for the simulated machine of a local mesh");

  simulate
    .command("raise-tcb")
    .summary("install firmware with higher security version numbers; a running mesh has it from its next report on")
    .option("--state <folder>", "the state folder", ".sealmesh")
    .option("--fmc <n>", "on Turin", wholeNumber)
    .option("--boot-loader <n>", "none of them can go down", wholeNumber)
    .option("--tee <n>", "", wholeNumber)
    .option("--snp <n>", "SNP firmware; its build goes up with it", wholeNumber)
    .option("--microcode <n>", "", wholeNumber)
    .addOption(
      new Option(
        "--up-to <stage>",
        "current: it runs and can be rolled back; committed: it cannot; reported: reports are signed by the key of the new TCB",
      )
        .choices(["current", "committed", "reported"])
        .default("reported"),
    )
    .addHelpText("after", "\nExample: sealmesh simulate raise-tcb --snp 25 --microcode 220")
    .action(({ state, upTo, ...tcb }: RaiseOptions) => perform(state, { act: "raise-tcb", tcb, upTo }));

  simulate
    .command("revoke")
    .summary("have the root revoke an intermediate: the published CRL lists it from now on, for good")
    .addArgument(new Argument("<authority>", "ask issues VCEKs, asvk VLEKs").choices(["ask", "asvk"]))
    .option("--state <folder>", "the state folder; the CRL is in its folder collateral", ".sealmesh")
    .addHelpText("after", "\nExample: sealmesh simulate revoke ask")
    .action((authority: string, { state }: { state: string }) =>
      perform(state, { act: "revoke", signer: authority === "ask" ? "vcek" : "vlek" }),
    );
};
