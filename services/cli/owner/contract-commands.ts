// `sealmesh contract`: make, sign, explain.
import { existsSync } from "node:fs";
import type { Command } from "commander";
import * as v from "valibot";
import { stringify } from "yaml";
import {
  composeContract,
  contractDigest,
  contractPayload,
  cosignContract,
  explainContract,
  parseContractTemplate,
  parseContractYaml,
  signContract,
  verifyConsent,
  type Contract,
  type ContractTemplate,
  type Query,
} from "#contract";
import { parseEnvelope } from "#sealing";
import { openSigner } from "#sealing-node";
import { CliError } from "../cli-error.ts";
import { readJson, readText, writeNew, writeWhole } from "../files.ts";

/** What a template is filled in with; the contract itself is checked as a whole. */
const factsFile = v.looseObject({
  simulated_root: v.optional(v.string()),
  parties: v.record(v.string(), v.any()),
  datasets: v.record(v.string(), v.any()),
  workloads: v.record(v.string(), v.any()),
});

interface NewOptions {
  readonly facts: string;
  readonly contractVersion: number;
  readonly minimumGroup?: number;
  readonly extremes?: string;
  readonly out: string;
}

const withPrivacy = (query: Query, options: NewOptions): Query => {
  if (query.records !== undefined) return query;
  const { minimumGroup, extremes } = options;
  return {
    ...query,
    privacy: {
      ...query.privacy,
      ...(minimumGroup === undefined ? {} : { minimum_group: minimumGroup }),
      ...(extremes === "exact" ? { extremes: "exact" as const } : {}),
    },
  };
};

/** Only the facts that the queries are about: a contract names nobody who has no part in it. */
const concerning = <T>(
  facts: Readonly<Record<string, T>>,
  isMeant: (name: string) => boolean,
): Readonly<Record<string, T>> => Object.fromEntries(Object.entries(facts).filter(([name]) => isMeant(name)));

const compose = (template: ContractTemplate, options: NewOptions): Contract => {
  const parsed = v.safeParse(factsFile, readJson(options.facts));
  if (!parsed.success)
    throw new CliError("FILE_MALFORMED", `${options.facts} does not hold facts for a contract`, {
      file: options.facts,
    });
  const { simulated_root: simulatedRoot, parties, datasets, workloads } = parsed.output;
  const queries = Object.values(template.queries);
  const meantDatasets = new Set(queries.flatMap(({ over }) => over));
  const owners = new Set([...meantDatasets].map((name) => name.split("/")[0]));
  const runners = new Set(queries.map(({ run_by }) => run_by));
  const members = new Set([...owners, ...[...runners].map((name) => name.split("/")[0])]);
  return composeContract(
    {
      ...template,
      queries: Object.fromEntries(
        Object.entries(template.queries).map(([name, query]) => [name, withPrivacy(query, options)]),
      ),
    },
    {
      version: options.contractVersion,
      from: new Date(),
      ...(simulatedRoot === undefined ? {} : { simulatedRoot }),
      parties: concerning(parties, (name) => members.has(name)),
      datasets: concerning(datasets, (name) => meantDatasets.has(name)),
      // The owners' providers serve the data and are appraised too.
      workloads: concerning(workloads, (name) => runners.has(name) || owners.has(name.split("/")[0])),
    },
  );
};

/** Reads a contract as its parties wrote it (YAML), or as they signed it (a DSSE envelope). */
const readContract = async (file: string): Promise<Contract> =>
  file.endsWith(".json")
    ? (await verifyConsent(parseEnvelope(readJson(file)))).contract
    : parseContractYaml(readText(file));

const MS_PER_DAY = 86_400_000;

/** The words of a contract that its next version keeps: name, length of validity, queries with their thresholds. */
const wordsOf = ({ contract, queries, valid }: Contract): ContractTemplate => ({
  contract,
  queries,
  valid_days: Math.max(1, Math.round((Date.parse(valid.until) - Date.parse(valid.from)) / MS_PER_DAY)),
});

/** The options of what fills a contract in. */
const withFacts = (command: Command, wholeNumber: (text: string) => number): Command =>
  command
    .requiredOption("--facts <file>", "keys, manifests and measured workloads, JSON")
    .requiredOption("--contract-version <n>", "higher than any before under the same name", wholeNumber)
    .option("--minimum-group <n>", "another least group", wholeNumber)
    .option("--extremes <word>", "`exact` shows one person's exact extremes")
    .requiredOption("--out <file>", "the contract, YAML");

/** Adds `sealmesh contract`. */
export const addContractCommands = (program: Command, wholeNumber: (text: string) => number): void => {
  const contract = program.command("contract").summary("make, sign and explain contracts");
  withFacts(contract.command("new"), wholeNumber)
    .argument("<template>", "a YAML template: name, validity and queries")
    .summary("fill a template in")
    .addHelpText(
      "after",
      "\nExample: sealmesh contract new partner-demographics.yaml --facts facts.json --contract-version 1 --out 1.yaml",
    )
    .action((template: string, options: NewOptions) => {
      writeNew(options.out, stringify(compose(parseContractTemplate(readText(template)), options)));
    });
  withFacts(contract.command("next"), wholeNumber)
    .argument("<file>", "the version before: YAML, or signed")
    .summary("make the next version, with the same queries and new facts")
    .addHelpText(
      "after",
      "\nExample: sealmesh contract next 1.json --facts facts.json --contract-version 2 --out 2.yaml",
    )
    .action(async (file: string, options: NewOptions) => {
      writeNew(options.out, stringify(compose(wordsOf(await readContract(file)), options)));
    });
  contract
    .command("sign")
    .argument("<file>", "the contract, YAML")
    .summary("sign a contract as one owner")
    .description("Adds your signature to the signed contract in --out, which is made when it is not there.")
    .requiredOption("--key <file>", "the owner's signing key")
    .requiredOption("--out <file>", "the signed contract: a DSSE envelope")
    .addHelpText("after", "\nExample: sealmesh contract sign 1.yaml --key owner.key.pem --out 1.json")
    .action(async (file: string, options: { key: string; out: string }) => {
      const parsed = parseContractYaml(readText(file));
      const signer = openSigner(options.key);
      const digest = await contractDigest(contractPayload(parsed));
      const before = existsSync(options.out) ? parseEnvelope(readJson(options.out)) : undefined;
      if (before !== undefined && (await verifyConsent(before)).digest !== digest) {
        throw new CliError("FILE_EXISTS", `${options.out} holds signatures for another contract`, {
          file: options.out,
        });
      }
      const statement =
        before === undefined ? await signContract(parsed, signer) : await cosignContract(before, signer);
      writeWhole(options.out, `${JSON.stringify(statement)}\n`);
      process.stdout.write(
        `${JSON.stringify({ contract: parsed.contract, version: parsed.version, digest, signed_by: signer.keyId })}\n`,
      );
    });
  contract
    .command("explain")
    .argument("<file>", "the contract: YAML, or signed")
    .summary("say in words what a contract allows")
    .addHelpText("after", "\nExample: sealmesh contract explain 1.yaml")
    .action(async (file: string) => {
      process.stdout.write(`${explainContract(await readContract(file)).join("\n")}\n`);
    });
};
