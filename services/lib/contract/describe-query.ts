// A query in plain English. Whoever signs reads this, so it says what is given away, not how it is computed.

import { columnsOf } from "./columns.ts";
import { PARTY, type AggregateQuery, type Grouping, type Output, type Query, type RecordsQuery } from "./contract.ts";

/** What a query gives, in short sentences without a full stop; columns are as in the contract. */
export function describeQuery(query: Query): readonly string[] {
  const content = query.records === undefined ? describeAggregates(query) : describeRecords(query);
  return [...content, describeRecipients(query)];
}

/** Joins names as prose does: `a, b and c`. */
export function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

function describeRecords({ over, records: { show, columns } }: RecordsQuery): readonly string[] {
  const rows =
    show === 1
      ? "the first row, one person's, exactly as it is"
      : `the first ${show} rows, each one person's, exactly as they are`;
  return [`counts the rows of ${listOf(over)} and shows ${rows}: ${listOf(columns)}`];
}

function describeAggregates(query: AggregateQuery): readonly string[] {
  const { minimum_group: minimum, extremes } = query.privacy;
  const ranged = query.outputs.filter(({ measures }) => measures.includes("min") || measures.includes("max"));
  const columns = [...new Set(ranged.flatMap(({ of }) => of ?? []))];
  return [
    `reads ${listOf(columnsOf(query))} of ${listOf(query.over)}`,
    ...query.outputs.map((output) => `${output.name}: ${describeOutput(output)}`),
    minimum === 1
      ? "minimum group 1: a group can be one person, and is shown"
      : `groups of fewer than ${minimum} rows are not named; a threshold is not anonymity`,
    ...columns.map((column) => describeExtremes(column, { minimum, exact: extremes === "exact" })),
  ];
}

function describeExtremes(
  column: string,
  { minimum, exact }: { readonly minimum: number; readonly exact: boolean },
): string {
  // The first smallest of a group is somebody's own, whatever the contract calls it.
  if (exact || minimum === 1) return `min and max of ${column}: shows one person's exact ${column}`;
  // In a group of fewer than 2k - 1 rows the k-th smallest is among the k - 1 largest: said, because who signs should know.
  return `min and max of ${column} are the ${ordinal(minimum)} smallest and largest; in groups of fewer than ${2 * minimum - 1} rows they cross and can be the extreme person's`;
}

function describeOutput({ group_by, of, measures, top, within }: Output): string {
  const subject = of === undefined ? "rows" : `rows with a ${of}`;
  const words = measures.map((measure) => {
    if (measure === "count") return `the count of ${subject}`;
    if (measure === "share") return "their share in percent";
    return `the ${{ avg: "average", min: "smallest", max: "largest" }[measure]} ${of ?? ""}`;
  });
  const nested =
    within === undefined
      ? ""
      : `; and in each of these ${describeGroups(within.group_by, within.top)}, as ${within.name}`;
  return `${listOf(words)} ${describeGroups(group_by, top)}${nested}`;
}

function describeGroups(groups: readonly Grouping[], top: number | undefined): string {
  const every = groups.includes(PARTY) ? ", and over all parties together" : "";
  const by = `by ${listOf(groups.map(describeGrouping))}${every}`;
  return top === undefined ? by : `${by}, the ${top} largest`;
}

function describeGrouping(grouping: Grouping): string {
  if (typeof grouping === "string") return grouping;
  return "bucket" in grouping ? `${grouping.as} (from ${grouping.bucket})` : grouping.column;
}

function describeRecipients({ recipients }: Query): string {
  return recipients === "anyone"
    ? "recipients: anyone: the result is public"
    : `recipients: whoever holds one of ${recipients.length} keys: ${listOf(recipients)}`;
}

function ordinal(n: number): string {
  const teen = n % 100 >= 11 && n % 100 <= 13;
  const suffix = teen ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[n % 10] ?? "th");
  return `${n}${suffix}`;
}
