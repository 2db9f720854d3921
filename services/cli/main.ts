// The `sealmesh` command.
import { Command, InvalidArgumentError } from "commander";
import { exitStatusOf } from "./cli-error.ts";
import { addExplainEvidenceCommand } from "./evidence/explain-evidence-command.ts";
import { addAnalyzeCommands } from "./mesh/analyze-command.ts";
import { addAttackCommand } from "./mesh/attack-command.ts";
import { addEvidenceCommand } from "./mesh/evidence-command.ts";
import { addRecordsCommand } from "./mesh/records-command.ts";
import { addApproveCommand } from "./owner/approve-command.ts";
import { addContractCommands } from "./owner/contract-commands.ts";
import { addKeyCommands } from "./owner/key-commands.ts";
import { addManifestCommand } from "./owner/manifest-command.ts";
import { addSealCommand } from "./owner/seal-command.ts";
import { addSampleCommand } from "./sample/sample-command.ts";
import { addSimulateCommands } from "./simulate-commands.ts";
import { addVerifyCommand } from "./verify-command.ts";
import { reportFailure } from "./report-failure.ts";

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("want a whole number");
  return value;
};

const program = new Command("sealmesh")
  .description("Compute on each other's data without ever seeing it.")
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: false })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

addAnalyzeCommands(program);
addRecordsCommand(program);
addEvidenceCommand(program);
addVerifyCommand(program);
addExplainEvidenceCommand(program.command("explain").summary("explain evidence in words"));
addAttackCommand(program);
addApproveCommand(program);
addSealCommand(program, wholeNumber);
addManifestCommand(program);
addContractCommands(program, wholeNumber);
addKeyCommands(program, wholeNumber);
addSampleCommand(program, wholeNumber);
addSimulateCommands(program, wholeNumber);

try {
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
  process.exitCode = exitStatusOf(error);
}
