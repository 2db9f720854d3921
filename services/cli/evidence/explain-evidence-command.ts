// `sealmesh explain evidence`: what a report says, field by field, and what was checked of it.
import type { Command } from "commander";
import { explainReport, type ReportPolicy, strictPolicy, validateReport } from "#attestation";
import { referenceValuesOf, verifyConsent, workloadOf } from "#contract";
import { parseEnvelope } from "#sealing";
import { CliError } from "../cli-error.ts";
import { readJson } from "../files.ts";
import { explainText } from "./explain-text.ts";
import { type EvidenceOptions, withEvidence } from "./evidence-options.ts";
import { type EvidenceVerdict, judgeEvidence } from "./judge-evidence.ts";

interface ExplainOptions extends EvidenceOptions {
  readonly contract?: string;
  readonly workload?: string;
}

/** What a contract wants of a workload; `null` when none is named, and then nothing is validated. */
const policyOf = async ({ contract: file, workload }: ExplainOptions): Promise<ReportPolicy | null> => {
  if (file === undefined && workload === undefined) return null;
  if (file === undefined || workload === undefined)
    throw new CliError("ARGUMENT_INVALID", "--contract and --workload go together");
  const { contract, missing } = await verifyConsent(parseEnvelope(readJson(file)));
  if (missing.length > 0)
    throw new CliError("NOT_VERIFIED", `${file} lacks the signatures of ${missing.join(", ")}`, { missing });
  return strictPolicy(referenceValuesOf(workloadOf(contract, workload)));
};

const headline = ({ ok, product, root, failures }: EvidenceVerdict): string =>
  ok
    ? `GENUINE: made by ${root === "simulated" ? "a SIMULATED processor of the shape" : "an AMD processor of the product"} ${product}`
    : `NOT GENUINE: ${failures.map(({ code, message }) => `${code}: ${message}`).join("; ")}`;

/** Adds `evidence` below `sealmesh explain`. */
export const addExplainEvidenceCommand = (explain: Command): void => {
  withEvidence(explain.command("evidence"))
    .summary("explain an attestation report field by field, with what was checked")
    .option("--contract <file>", "also compare with the reference values of this signed contract")
    .option("--workload <name>", "which workload of it, such as woodgrove/analytics")
    .addHelpText(
      "after",
      "\nExit status: as `sealmesh verify evidence`; 1 also when the contract does not want what the report says." +
        "\n\nExample: sealmesh explain evidence --report report.bin --certs vcek.pem",
    )
    .action(async (options: ExplainOptions) => {
      const policy = await policyOf(options);
      const { verdict, report, verified, isUsable } = await judgeEvidence(options);
      if (report === null) {
        const message = verdict.failures[0]?.message ?? "";
        throw new CliError(isUsable ? "NOT_VERIFIED" : "EVIDENCE_UNUSABLE", `there is nothing to explain: ${message}`);
      }
      const findings = verified === null || policy === null ? [] : validateReport(verified, policy);
      const failures = [...verdict.failures, ...findings];
      const groups = explainReport({
        report,
        verified,
        claims: null,
        policy,
        failures: failures.map(({ code, field, expected, seen }) => ({ code, field, expected, seen })),
        notChecked: verdict.not_checked,
      });
      const ok = failures.length === 0;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ ...verdict, ok, failures, groups })}\n`
          : `${headline(verdict)}\n\n${explainText(groups, process.stdout.columns)}`,
      );
      if (!ok) throw new CliError("NOT_VERIFIED", failures.map(({ code }) => code).join(", "), {});
    });
};
