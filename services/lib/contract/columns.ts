// What a contract says about parties and columns.

import { ContractError } from "./contract-error.ts";
import { PARTY, type Contract, type Grouping, type Query } from "./contract.ts";

/** The party of a dataset or workload `<party>/<name>`. */
export function partyOf(owned: string): string {
  return owned.slice(0, owned.indexOf("/"));
}

/** The parties that own a dataset of the contract, in code-point order: all of them have to sign. */
export function ownersOf(contract: Pick<Contract, "datasets">): readonly string[] {
  // Names are ASCII: code-unit order, the default, is code-point order.
  return [...new Set(Object.keys(contract.datasets).map(partyOf))].toSorted();
}

/** The query of this name. Throws ContractError QUERY_UNKNOWN. */
export function queryOf(contract: Contract, name: string): Query {
  const query = Object.hasOwn(contract.queries, name) ? contract.queries[name] : undefined;
  if (query === undefined) {
    throw new ContractError("QUERY_UNKNOWN", `contract ${contract.contract} has no query ${JSON.stringify(name)}`);
  }
  return query;
}

/** Exactly the columns whose keys are released for a query, sorted by code point; the footer's key is not in the list. */
export function columnsOf(query: Query): readonly string[] {
  const columns =
    query.records === undefined
      ? query.outputs.flatMap(({ of, group_by, within }) => [
          ...(of === undefined ? [] : [of]),
          ...[...group_by, ...(within?.group_by ?? [])].flatMap((grouping) => sourceOf(grouping) ?? []),
        ])
      : query.records.columns;
  return [...new Set(columns)].toSorted();
}

/** The class of a dataset's column; undefined when the contract does not list dataset or column. */
export function classOf(contract: Pick<Contract, "datasets">, dataset: string, column: string): string | undefined {
  const classes = Object.hasOwn(contract.datasets, dataset) ? contract.datasets[dataset]?.classes : undefined;
  return Object.entries(classes ?? {}).find(([, columns]) => columns.includes(column))?.[0];
}

/** The column that a grouping reads; undefined for `party`, which is of no column. */
export function sourceOf(grouping: Grouping): string | undefined {
  if (typeof grouping === "string") return grouping === PARTY ? undefined : grouping;
  return "bucket" in grouping ? grouping.bucket : grouping.column;
}

/** The member of a result's row that holds a grouping's value. */
export function labelOf(grouping: Grouping): string {
  return typeof grouping === "string" ? grouping : grouping.as;
}
