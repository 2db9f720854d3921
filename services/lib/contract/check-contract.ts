// What must be true between the members of a contract. Each check gives its problems; none stops at the first.

import { labelOf, ownersOf, partyOf, sourceOf } from "./columns.ts";
import { PARTY, type Contract, type Grouping, type Measure, type Output, type Query } from "./contract.ts";
import type { PathKey } from "./json-path.ts";
import { MAXIMUM_PROBLEMS, placed, type PlacedProblem } from "./structure.ts";

// `footer` names the footer's key beside the columns' (FORMATS.md, section 4); `party` is a grouping of its own.
const RESERVED_COLUMNS = new Set(["footer", PARTY]);
const RESERVED_CLASS = "footer";
// Members that a row of a result has besides its groups.
const RESERVED_LABELS = new Set([PARTY, "count", "share", "avg", "min", "max", "other"]);
const MEASURES_OF_A_COLUMN: readonly Measure[] = ["avg", "min", "max"];
const FIRST_FAMILY_WITH_FMC = "1a";
// Every owner signs, and an envelope holds 64 signatures.
const MAXIMUM_OWNERS = 64;

/** Everything in a contract of the right structure that contradicts itself; empty when it holds together. */
export function checkContract(contract: Contract): readonly PlacedProblem[] {
  return [
    ...checkParties(contract),
    ...checkDatasets(contract),
    ...checkWorkloads(contract),
    ...Object.entries(contract.queries).flatMap(([name, query]) => checkQuery(contract, query, ["queries", name])),
    ...checkValidity(contract),
  ].slice(0, MAXIMUM_PROBLEMS);
}

function checkParties({ parties, datasets }: Contract): readonly PlacedProblem[] {
  const owners = ownersOf({ datasets });
  const missing = owners
    .filter((owner) => Object.hasOwn(parties, owner))
    .flatMap((owner) =>
      (["owner_key", "broker"] as const)
        .filter((member) => parties[owner]?.[member] === undefined)
        .map((member) => placed(["parties", owner], `owns a dataset, but has no ${member}`)),
    );
  const entries = Object.entries(parties);
  const keys = entries.flatMap(([name, { owner_key, broker }]): readonly Place[] => [
    ...(owner_key === undefined ? [] : [{ keys: ["parties", name, "owner_key"], value: owner_key }]),
    ...(broker === undefined ? [] : [{ keys: ["parties", name, "broker", "key"], value: broker.key }]),
  ]);
  const urls = entries.flatMap(([name, { broker }]): readonly Place[] =>
    broker === undefined ? [] : [{ keys: ["parties", name, "broker", "url"], value: broker.url }],
  );
  return [
    ...(owners.length > MAXIMUM_OWNERS
      ? [placed(["datasets"], `are of ${owners.length} owners, want ${MAXIMUM_OWNERS} at most`)]
      : []),
    ...missing,
    ...repeated(keys, "is used twice, and each key has one use and one holder"),
    ...repeated(urls, "is another broker's"),
  ];
}

function checkDatasets({ parties, datasets }: Contract): readonly PlacedProblem[] {
  return Object.entries(datasets).flatMap(([dataset, { classes }]) => {
    const keys = ["datasets", dataset];
    const columns = Object.entries(classes).flatMap(([name, members]) =>
      members.map((value, index) => ({ keys: [...keys, "classes", name, index], value })),
    );
    return [
      ...unknownParty(parties, dataset, keys),
      ...(Object.hasOwn(classes, RESERVED_CLASS)
        ? [placed([...keys, "classes", RESERVED_CLASS], "footer is the class of the footer's own key")]
        : []),
      ...columns
        .filter(({ value }) => RESERVED_COLUMNS.has(value))
        .map((column) => placed(column.keys, `no column can be called ${column.value}`)),
      ...repeated(columns, "is in two classes"),
    ];
  });
}

function checkWorkloads(contract: Contract): readonly PlacedProblem[] {
  const entries = Object.entries(contract.workloads);
  const simulated = entries.filter(([, { hardware }]) => hardware.includes("simulated"));
  const mixed = entries.filter(([, { hardware }]) =>
    simulated.length > 0 ? hardware.some((kind) => kind !== "simulated") : false,
  );
  return [
    ...entries.flatMap(([name]) => unknownParty(contract.parties, name, ["workloads", name])),
    ...mixed.map(([name]) =>
      placed(["workloads", name, "hardware"], "hardware is simulated or AMD's in the whole contract, never both"),
    ),
    ...(simulated.length > 0 && contract.simulated_root === undefined
      ? [placed([], "hardware is simulated, but there is no simulated_root")]
      : []),
    ...(simulated.length === 0 && contract.simulated_root !== undefined
      ? [placed(["simulated_root"], "simulated_root is present, but no hardware is simulated")]
      : []),
    ...entries.flatMap(([name, { minimum_tcb }]) =>
      Object.entries(minimum_tcb).flatMap(([model, { fmc }]) => {
        const wanted = model.slice(0, 2) >= FIRST_FAMILY_WITH_FMC;
        if (wanted === (fmc !== undefined)) return [];
        const message = wanted ? `CPU model ${model} has an fmc, and needs its floor` : `CPU model ${model} has no fmc`;
        return [placed(["workloads", name, "minimum_tcb", model], message)];
      }),
    ),
  ];
}

function checkQuery(contract: Contract, query: Query, keys: readonly PathKey[]): readonly PlacedProblem[] {
  const columns = columnSetsOf(contract, query.over);
  const parties = query.over.map((dataset, index) => ({ keys: [...keys, "over", index], value: partyOf(dataset) }));
  return [
    ...(Object.hasOwn(contract.workloads, query.run_by)
      ? []
      : [placed([...keys, "run_by"], `${query.run_by} is not a workload of this contract`)]),
    ...query.over.flatMap((dataset, index) =>
      Object.hasOwn(contract.datasets, dataset)
        ? []
        : [placed([...keys, "over", index], `${dataset} is not a dataset of this contract`)],
    ),
    ...repeated(parties, "has two datasets in over, want one per party"),
    ...(query.records === undefined
      ? checkOutputs(columns, query.outputs, keys)
      : [
          ...(query.over.length === 1
            ? []
            : [placed([...keys, "over"], `records are of one dataset, got ${query.over.length}`)]),
          ...query.records.columns.flatMap((column, index) =>
            unknownColumn(columns, column, [...keys, "records", "columns", index]),
          ),
        ]),
    ...(query.records === undefined && query.as_of === undefined && usesGenerations(query.outputs)
      ? [placed(keys, "has a bucket generations, but no as_of")]
      : []),
  ];
}

function usesGenerations(outputs: readonly Output[]): boolean {
  return outputs.some(({ group_by, within }) =>
    [...group_by, ...(within?.group_by ?? [])].some((grouping) => typeof grouping === "object" && "bucket" in grouping),
  );
}

function checkOutputs(
  columns: ColumnSets,
  outputs: readonly Output[],
  query: readonly PathKey[],
): readonly PlacedProblem[] {
  const names = outputs.map(({ name }, index) => ({ keys: [...query, "outputs", index, "name"], value: name }));
  return [
    ...repeated(names, "names two outputs"),
    ...outputs.flatMap((output, index) => checkOutput(columns, output, [...query, "outputs", index])),
  ];
}

function checkOutput(columns: ColumnSets, output: Output, keys: readonly PathKey[]): readonly PlacedProblem[] {
  const groups = places(output.group_by, [...keys, "group_by"]);
  const nested = places(output.within?.group_by ?? [], [...keys, "within", "group_by"]);
  const column = output.of;
  const list: readonly Place[] =
    output.within === undefined ? [] : [{ keys: [...keys, "within", "name"], value: output.within.name }];
  return [
    ...(column === undefined ? [] : unknownColumn(columns, column, [...keys, "of"])),
    ...[...groups, ...nested].flatMap(({ grouping, keys }) => {
      const source = sourceOf(grouping);
      return source === undefined ? [] : unknownColumn(columns, source, keys);
    }),
    ...(column === undefined
      ? output.measures
          .filter((measure) => MEASURES_OF_A_COLUMN.includes(measure))
          .map((measure) => placed([...keys, "measures"], `${measure} needs a column: of is missing`))
      : []),
    // Of the rows of its own party, a party's group is always 100 percent.
    ...(output.measures.includes("share") &&
    !output.measures.includes("count") &&
    groups.every(({ value }) => value === PARTY)
      ? [placed([...keys, "measures"], "share of a whole party says nothing: want count too, or a group besides party")]
      : []),
    // The groups that fold into a nested list's one `other` have no party of their own (FORMATS.md, section 7).
    ...nested
      .filter(({ grouping }) => grouping === PARTY)
      .map((place) => placed(place.keys, "within cannot group by party")),
    ...[...groups, ...nested, ...list.map((place) => ({ ...place, grouping: "" }))]
      .filter(({ grouping, value }) => grouping !== PARTY && RESERVED_LABELS.has(value))
      .map((place) => placed(place.keys, `${place.value} is a member that rows have already: want another name`)),
    ...repeated([...groups, ...list], "names two members of a row"),
    ...repeated(nested, "names two members of a row"),
  ];
}

function checkValidity({ valid }: Contract): readonly PlacedProblem[] {
  // Times of this form order as their text does.
  if (valid.from < valid.until) return [];
  return [placed(["valid"], `valid until ${valid.until} is not after valid from ${valid.from}`)];
}

function unknownParty(parties: Contract["parties"], owned: string, keys: readonly PathKey[]): readonly PlacedProblem[] {
  return Object.hasOwn(parties, partyOf(owned))
    ? []
    : [placed(keys, `${partyOf(owned)} is not a party of this contract`)];
}

function unknownColumn(columns: ColumnSets, column: string, keys: readonly PathKey[]): readonly PlacedProblem[] {
  // The first dataset without it is enough: each place has one problem.
  const lacking = columns.find(([, names]) => !names.has(column));
  return lacking === undefined ? [] : [placed(keys, `${column} is in no class of ${lacking[0]}`)];
}

/** The columns of each known dataset of a query. */
type ColumnSets = readonly (readonly [dataset: string, columns: ReadonlySet<string>])[];

function columnSetsOf({ datasets }: Contract, over: readonly string[]): ColumnSets {
  return over
    .filter((dataset) => Object.hasOwn(datasets, dataset))
    .map((dataset) => [dataset, new Set(Object.values(datasets[dataset]?.classes ?? {}).flat())]);
}

interface Place {
  readonly keys: readonly PathKey[];
  readonly value: string;
}

function places(groupings: readonly Grouping[], keys: readonly PathKey[]): readonly (Place & { grouping: Grouping })[] {
  return groupings.map((grouping, index) => ({ keys: [...keys, index], value: labelOf(grouping), grouping }));
}

function repeated(list: readonly Place[], message: string): readonly PlacedProblem[] {
  const seen = new Set<string>();
  return list.flatMap(({ keys, value }) => {
    if (seen.has(value)) return [placed(keys, `${value} ${message}`)];
    seen.add(value);
    return [];
  });
}
