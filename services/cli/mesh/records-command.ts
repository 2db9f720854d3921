// `sealmesh records`: have a provider open a dataset inside its TEE, under a query of kind `records`.
import type { Command } from "commander";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { CliError } from "../cli-error.ts";
import { reach, withReach, type ReachOptions } from "./reach.ts";

interface RecordsOptions extends ReachOptions {
  readonly expectRefusal?: true;
  readonly json?: true;
}

const say = (options: RecordsOptions, sentence: string, parts: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(options.json ? `${JSON.stringify(parts)}\n` : `${sentence}\n`);
};

/** A refusal is what was expected if the broker judged the workload and did not want it. */
const isRefusal = (error: unknown): error is CliError =>
  error instanceof CliError && error.code === "CALL_FAILED" && error.data["reason"] === "POLICY_REFUSED";

/** Adds `sealmesh records`. */
export const addRecordsCommand = (program: Command): void => {
  withReach(program.command("records").argument("<contract/query>", "such as contoso-own-records/own-records"))
    .summary("have a provider open records in its TEE")
    .option("--expect-refusal", "succeed only if the broker refuses this provider")
    .option("--json", "one JSON object per line")
    .addHelpText("after", "\nExample: sealmesh records contoso-own-records/own-records --at localhost:7445")
    .action(async (name: string, options: RecordsOptions) => {
      const [contract = "", query = ""] = name.split("/");
      say(options, `\n${options.at} opens ${name}`, { type: "records-started", at: options.at, contract, query });
      try {
        const { rows, records } = await reach(options, (connection) =>
          connection.client(DataProvider).openRecords({ contract, query }),
        );
        say(
          options,
          `  ${rows} rows, opened in its TEE; shown: ${records.map(({ cells }) => JSON.stringify(cells)).join(", ")}`,
          {
            type: "records",
            contract,
            query,
            rows: Number(rows),
            records: records.map(({ cells }) => cells),
          },
        );
      } catch (error) {
        if (options.expectRefusal !== true || !isRefusal(error)) throw error;
        say(options, `  DENIED ${error.message}`, { type: "denial", contract, query, ...error.data });
        return;
      }
      if (options.expectRefusal === true)
        throw new CliError("NOT_VERIFIED", `${options.at} was not refused`, { at: options.at });
    });
};
