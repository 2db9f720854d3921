// `sealmesh verify`: prove a result, or an attestation report, offline.
import type { Command } from "commander";
import { parseResult } from "#contract";
import { CliError } from "./cli-error.ts";
import { addVerifyEvidenceCommand } from "./evidence/verify-evidence-command.ts";
import { readText } from "./files.ts";
import { proveAgainst } from "./mesh/analyze-command.ts";

interface VerifyOptions {
  readonly contract: string;
  readonly trust?: string;
  readonly json?: true;
}

/** Adds `sealmesh verify`: a result unless another kind is named. */
export const addVerifyCommand = (program: Command): void => {
  const verify = program.command("verify").summary("prove a result, or an attestation report, offline");
  addVerifyEvidenceCommand(verify);
  verify
    .command("result", { isDefault: true })
    .argument("<file>", "a result with its proof, as `sealmesh analyze --out` writes it")
    .summary("prove a result offline")
    .requiredOption("--contract <file>", "the signed contract")
    .option("--trust <digest>", "the contract's digest, as you know it from elsewhere: sha256:…")
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      "\nExample: sealmesh verify result.json --contract .sealmesh/contracts/partner-demographics/1.json --trust sha256:…",
    )
    .action(async (file: string, options: VerifyOptions) => {
      const proof = await proveAgainst(parseResult(readText(file)), options);
      if (options.json) process.stdout.write(`${JSON.stringify(proof)}\n`);
      else {
        for (const { ok, name, detail } of proof.steps)
          process.stdout.write(`${ok ? "verified" : "FAILED"}  ${name}: ${detail}\n`);
        for (const text of proof.notChecked) process.stdout.write(`not checked  ${text}\n`);
      }
      if (!proof.ok) throw new CliError("NOT_VERIFIED", "the result is not proved", { steps: proof.steps });
    });
};
