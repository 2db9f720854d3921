// `sealmesh verify evidence`: is a report genuine? Offline, from files.
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { type EvidenceOptions, withEvidence } from "./evidence-options.ts";
import { type EvidenceVerdict, judgeEvidence } from "./judge-evidence.ts";

const textOf = ({
  product,
  version,
  signer,
  root,
  fields,
  failures,
  not_checked,
  passed_over,
  ok,
}: EvidenceVerdict): string => {
  const lines = [
    `${"product".padEnd(14)}${product ?? "unknown"}${root === "simulated" ? " (SIMULATED root: proves no hardware)" : ""}`,
    `${"report".padEnd(14)}version ${version ?? "unknown"}, signed by a ${signer?.toUpperCase() ?? "key that is unknown"}`,
    ...Object.entries(fields ?? {}).map(([name, value]) => `${name.replaceAll("_", " ").padEnd(14)}${value}`),
    ...not_checked.map((what) => `not checked   ${what}`),
    ...passed_over.map((what) => `passed over   ${what}`),
    ...failures.map(({ code, message }) => `FAILED        ${code}: ${message}`),
    ...(ok ? ["genuine: whether it is the workload that you want is another question"] : []),
  ];
  return `${lines.join("\n")}\n`;
};

/** Adds `evidence` below `sealmesh verify`. */
export const addVerifyEvidenceCommand = (verify: Command): void => {
  withEvidence(verify.command("evidence"))
    .summary("verify an attestation report offline: is it genuine?")
    .addHelpText(
      "after",
      "\nExit status: 0 genuine, 1 not genuine, 2 nothing to judge (a file is missing, is no report, or holds no certificate)." +
        "\nWith --json, `fields` is what the report says: proved when `ok` is true, a mere claim otherwise." +
        "\n\nExample: sealmesh verify evidence --report report.bin --certs vcek.pem --at 2026-11-22T00:00:00Z --json",
    )
    .action(async (options: EvidenceOptions) => {
      const { verdict, isUsable } = await judgeEvidence(options);
      process.stdout.write(options.json ? `${JSON.stringify(verdict)}\n` : textOf(verdict));
      const [failure] = verdict.failures;
      if (failure === undefined) return;
      const { code, message } = failure;
      if (!isUsable) throw new CliError("EVIDENCE_UNUSABLE", `there is nothing to judge: ${message}`, { code });
      throw new CliError("NOT_VERIFIED", `the report is not genuine: ${code}: ${message}`, { code });
    });
};
