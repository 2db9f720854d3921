// The program behind `sealmesh simulate`: what happens to a machine, and to AMD's keys, over the years.
import { existsSync } from "node:fs";
import * as v from "valibot";
import { publishCollateral } from "./host/publish-collateral.ts";
import { signingKeys } from "./host/simulated-chip.ts";
import { tcbStages } from "./host/simulated-machine.ts";
import { openSimulatedPki, type SimulatedPki } from "./host/simulated-pki.ts";
import { LaunchError } from "./launch-error.ts";
import { reportLaunchFailure } from "./report-launch-failure.ts";
import { type State, stateIn } from "./state.ts";

const svn = v.exactOptional(v.number());
const actSchema = v.variant("act", [
  v.strictObject({
    act: v.literal("raise-tcb"),
    tcb: v.strictObject({ fmc: svn, bootLoader: svn, tee: svn, snp: svn, microcode: svn }),
    upTo: v.picklist(tcbStages),
  }),
  v.strictObject({ act: v.literal("revoke"), signer: v.picklist(signingKeys) }),
]);

/** Something that happens: one argument of this program, as JSON. */
export type SimulatedAct = v.InferOutput<typeof actSchema>;

const openMachine = ({ hardware, root }: State): Promise<SimulatedPki> => {
  if (!existsSync(hardware))
    throw new LaunchError("STATE_INCOMPLETE", `nothing was started in ${root} yet`, { state: root });
  return openSimulatedPki(hardware);
};

const perform = async (state: State, act: SimulatedAct): Promise<unknown> => {
  const pki = await openMachine(state);
  if (act.act === "raise-tcb") {
    const { chip, current, committed, reportedTcb } = pki.raiseTcb(act);
    return { chip, current: current.tcb, committed: committed.tcb, reported: reportedTcb };
  }
  pki.revoke(act.signer);
  await publishCollateral(pki, state.collateral);
  return { revoked: act.signer === "vcek" ? "ASK" : "ASVK", published: state.collateral };
};

try {
  const [folder = "", act = ""] = process.argv.slice(2);
  const outcome = await perform(stateIn(folder), v.parse(actSchema, JSON.parse(act)));
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
} catch (error) {
  process.exitCode = reportLaunchFailure(error);
}
