// A template is what people agree on before anything is measured: the queries. Composing fills in keys, manifests and
// measurements.

import * as v from "valibot";
import { malformed } from "./contract-error.ts";
import { queriesSchema } from "./contract-schema.ts";
import type { Contract, Dataset, Party, Query, Workload } from "./contract.ts";
import { integerSchema, nameSchema, toTime } from "./grammar.ts";
import { toContract } from "./parse-contract.ts";
import { readYaml } from "./read-yaml.ts";
import { readStructure } from "./structure.ts";

const MAXIMUM_DAYS = 3650;
const MILLISECONDS_PER_DAY = 86_400_000;

/** A contract without keys, manifests, measurements and dates. */
export interface ContractTemplate {
  /** The contract's name. */
  readonly contract: string;
  /** Length of its validity, 1 to 3,650 days. */
  readonly valid_days: number;
  readonly queries: Readonly<Record<string, Query>>;
}

/** What a template lacks. */
export interface ContractFacts {
  readonly version: number;
  /** When the validity begins; milliseconds are cut. */
  readonly from: Date;
  /** Present if and only if the hardware is simulated. */
  readonly simulatedRoot?: string;
  readonly parties: Readonly<Record<string, Party>>;
  readonly datasets: Readonly<Record<string, Dataset>>;
  readonly workloads: Readonly<Record<string, Workload>>;
}

const templateSchema: v.GenericSchema<unknown, ContractTemplate> = v.strictObject({
  contract: nameSchema,
  valid_days: integerSchema(1, MAXIMUM_DAYS),
  queries: queriesSchema,
});

/**
 * Parses a contract's template from YAML, as strictly as a contract.
 *
 * @throws ContractError CONTRACT_MALFORMED with every problem, its line and its column
 */
export function parseContractTemplate(text: string): ContractTemplate {
  const yaml = readYaml(text);
  if (yaml.problems !== undefined) throw malformed("CONTRACT_MALFORMED", "template", yaml.problems);
  const read = readStructure(templateSchema, yaml.value);
  if (read.problems === undefined) return read.value;
  const problems = read.problems.map(({ path, message, keys }) => ({ path, message, ...yaml.positionOf(keys) }));
  throw malformed("CONTRACT_MALFORMED", "template", problems);
}

/**
 * Fills a template in. The facts go into the contract as they are: give those that it is about, and no more.
 *
 * @throws ContractError CONTRACT_MALFORMED when the outcome is no contract, as when a query names a dataset that the
 * facts lack
 */
export function composeContract(template: ContractTemplate, facts: ContractFacts): Contract {
  const from = facts.from.getTime();
  return toContract({
    contract: template.contract,
    version: facts.version,
    ...(facts.simulatedRoot === undefined ? {} : { simulated_root: facts.simulatedRoot }),
    parties: facts.parties,
    datasets: facts.datasets,
    workloads: facts.workloads,
    queries: template.queries,
    valid: { from: toTime(from), until: toTime(from + template.valid_days * MILLISECONDS_PER_DAY) },
  });
}
