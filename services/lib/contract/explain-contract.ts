// A contract in plain English, for the person who is to sign it. Made from the contract alone, so that every reader
// gets the same words.

import { columnsOf, ownersOf, partyOf } from "./columns.ts";
import type { Contract, Dataset, Query } from "./contract.ts";
import { describeQuery, listOf } from "./describe-query.ts";
import { workloadOf } from "./reference-values.ts";

/** A heading and its lines. */
export interface ExplainedSection {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** Explains a contract in sections, for a page or a terminal. */
export function explainSections(contract: Contract): readonly ExplainedSection[] {
  return [
    { heading: `contract ${contract.contract}, version ${contract.version}`, lines: explainWhole(contract) },
    ...Object.entries(contract.queries).map(([name, query]) => ({
      heading: `query ${name}`,
      lines: [explainRunner(contract, query), ...describeQuery(query), ...explainOpening(query)],
    })),
    ...Object.entries(contract.datasets).map(([name, dataset]) => ({
      heading: `dataset ${name}`,
      lines: explainDataset(contract, name, dataset),
    })),
  ];
}

/** Explains a contract line by line: each section's heading, then its lines indented by two spaces. */
export function explainContract(contract: Contract): readonly string[] {
  return explainSections(contract).flatMap(({ heading, lines }) => [heading, ...lines.map((line) => `  ${line}`)]);
}

function explainWhole(contract: Contract): readonly string[] {
  const owners = ownersOf(contract);
  const gives = owners.map((owner) => {
    const datasets = Object.keys(contract.datasets).filter((dataset) => partyOf(dataset) === owner);
    const runners = Object.values(contract.queries)
      .filter(({ over }) => over.some((dataset) => datasets.includes(dataset)))
      .map(({ run_by }) => run_by);
    const receivers = [...new Set(runners)].map((runner) => (partyOf(runner) === owner ? `its own ${runner}` : runner));
    return receivers.length === 0
      ? `${owner} gives nothing: no query is over ${listOf(datasets)}`
      : `${owner} lets ${listOf(receivers)} compute on ${listOf(datasets)}`;
  });
  const simulated = contract.simulated_root;
  const products = [...new Set(Object.values(contract.workloads).flatMap(({ hardware }) => hardware))];
  return [
    ...gives,
    `binds when every owner has signed: ${listOf(owners)}`,
    `valid from ${contract.valid.from} until ${contract.valid.until}, by each broker's clock`,
    simulated === undefined
      ? `hardware: AMD SEV-SNP (${listOf(products)}), under AMD's own root`
      : `HARDWARE IS SIMULATED: nothing protects the memory of the workloads; evidence is under the simulated root ${simulated}, not AMD's`,
  ];
}

function explainRunner(contract: Contract, { run_by }: Query): string {
  const { host_data, measurement } = workloadOf(contract, run_by);
  const programs = host_data.length === 1 ? "one measured program" : `any of ${host_data.length} measured programs`;
  const runtimes = measurement.length === 1 ? "one measured runtime" : `any of ${measurement.length} measured runtimes`;
  return `run by ${run_by}: ${programs} on ${runtimes}, and nothing else gets the keys`;
}

function explainOpening(query: Query): readonly string[] {
  return [
    `each broker releases data keys of ${listOf(columnsOf(query))} and of the footer, for this version of the dataset and no other column`,
    "a key vault behind a broker releases the key of the whole class instead, because it can do no other; the log says which was done",
  ];
}

function explainDataset(contract: Contract, name: string, { classes, manifest }: Dataset): readonly string[] {
  const queries = Object.values(contract.queries).filter(({ over }) => over.includes(name));
  const opened = new Set(queries.flatMap(columnsOf));
  const all = Object.entries(classes).flatMap(([className, columns]) =>
    columns.map((column) => ({ column, className })),
  );
  const words = (open: boolean) =>
    listOf(
      all
        .filter(({ column }) => opened.has(column) === open)
        .map(({ column, className }) => `${column} (${className})`),
    );
  return [
    `opened inside the workload: ${words(true) || "nothing"}`,
    `stays sealed, even inside the workload: ${words(false) || "nothing"}`,
    `exactly the version whose manifest is ${manifest}`,
  ];
}
