// The shape of a contract, member by member. What goes beyond one member is in check-contract.ts.

import * as v from "valibot";
import type {
  AggregateQuery,
  Contract,
  Dataset,
  Grouping,
  NestedOutput,
  Output,
  Party,
  Query,
  RecordsQuery,
  Workload,
} from "./contract.ts";
import {
  brokerUrlSchema,
  columnSchema,
  cpuModelSchema,
  distinctSchema,
  ed25519Schema,
  integerSchema,
  nameSchema,
  ownedNameSchema,
  sha256Schema,
  sha384Schema,
  timeSchema,
  x25519Schema,
} from "./grammar.ts";

const MAXIMUM_VERSION = 0xffff_ffff;
const MAXIMUM_SVN = 255;
const MAXIMUM_YEAR = 9999;
// An owner has one dataset in a query, and a contract 64 owners; the other limits keep a hostile contract cheap to check.
const MAXIMUM_OVER = 64;
const MAXIMUM_OUTPUTS = 64;
const MAXIMUM_GROUPINGS = 8;
const svn = integerSchema(0, MAXIMUM_SVN);

function named<K extends v.GenericSchema<string, string>, T>(key: K, member: v.GenericSchema<unknown, T>) {
  return v.pipe(
    v.record(key, member),
    v.check((record) => Object.keys(record).length > 0, "one member at least"),
  );
}

const partySchema: v.GenericSchema<unknown, Party> = v.strictObject({
  owner_key: v.exactOptional(ed25519Schema),
  broker: v.exactOptional(v.strictObject({ url: brokerUrlSchema, key: ed25519Schema, ca: sha256Schema })),
});

const datasetSchema: v.GenericSchema<unknown, Dataset> = v.strictObject({
  manifest: sha256Schema,
  classes: named(nameSchema, distinctSchema(columnSchema)),
});

const workloadSchema: v.GenericSchema<unknown, Workload> = v.strictObject({
  hardware: distinctSchema(v.picklist(["simulated", "Milan", "Genoa", "Turin"])),
  host_data: distinctSchema(sha256Schema),
  measurement: distinctSchema(sha384Schema),
  csp_id: v.exactOptional(distinctSchema(v.pipe(v.string(), v.nonEmpty()))),
  minimum_tcb: named(
    cpuModelSchema,
    v.strictObject({ boot_loader: svn, tee: svn, snp: svn, microcode: svn, fmc: v.exactOptional(svn) }),
  ),
});

const groupingSchema: v.GenericSchema<unknown, Grouping> = v.lazy((input) => {
  if (typeof input !== "object" || input === null) return columnSchema;
  if ("bucket" in input)
    return v.strictObject({ bucket: columnSchema, by: v.picklist(["generations"]), as: columnSchema });
  return v.strictObject({ column: columnSchema, as: columnSchema });
});

const groupBySchema = v.pipe(
  v.array(groupingSchema),
  v.minLength(1, "one grouping at least"),
  v.maxLength(MAXIMUM_GROUPINGS, `${MAXIMUM_GROUPINGS} groupings at most`),
);

const nestedSchema: v.GenericSchema<unknown, NestedOutput> = v.strictObject({
  name: columnSchema,
  group_by: groupBySchema,
  top: v.exactOptional(integerSchema(1)),
});

const outputSchema: v.GenericSchema<unknown, Output> = v.strictObject({
  name: columnSchema,
  group_by: groupBySchema,
  of: v.exactOptional(columnSchema),
  measures: distinctSchema(v.picklist(["count", "share", "avg", "min", "max"])),
  top: v.exactOptional(integerSchema(1)),
  within: v.exactOptional(nestedSchema),
});

const recipientsSchema = v.lazy((input) =>
  Array.isArray(input) ? distinctSchema(x25519Schema) : v.literal("anyone", "want anyone, or a list of x25519 keys"),
);

const overSchema = v.pipe(
  distinctSchema(ownedNameSchema),
  v.maxLength(MAXIMUM_OVER, `${MAXIMUM_OVER} datasets at most`),
);

const aggregateSchema: v.GenericSchema<unknown, AggregateQuery> = v.strictObject({
  run_by: ownedNameSchema,
  over: overSchema,
  as_of: v.exactOptional(integerSchema(1, MAXIMUM_YEAR)),
  outputs: v.pipe(
    v.array(outputSchema),
    v.minLength(1, "one output at least"),
    v.maxLength(MAXIMUM_OUTPUTS, `${MAXIMUM_OUTPUTS} outputs at most`),
  ),
  privacy: v.strictObject({ minimum_group: integerSchema(1), extremes: v.exactOptional(v.literal("exact")) }),
  recipients: recipientsSchema,
});

const recordsSchema: v.GenericSchema<unknown, RecordsQuery> = v.strictObject({
  run_by: ownedNameSchema,
  over: overSchema,
  records: v.strictObject({ show: integerSchema(1), columns: distinctSchema(columnSchema) }),
  recipients: recipientsSchema,
});

const querySchema: v.GenericSchema<unknown, Query> = v.lazy((input) => {
  if (typeof input !== "object" || input === null) return aggregateSchema;
  const kinds = ["outputs", "records"].filter((kind) => Object.hasOwn(input, kind));
  if (kinds.length !== 1)
    return v.never(`has ${kinds.join(" and ") || "neither outputs nor records"}, want one of them`);
  return kinds[0] === "records" ? recordsSchema : aggregateSchema;
});

/** The queries of a contract or of a template. */
export const queriesSchema = named(nameSchema, querySchema);

/** Structure only: a value that passes may still contradict itself. */
export const contractSchema: v.GenericSchema<unknown, Contract> = v.strictObject({
  contract: nameSchema,
  version: integerSchema(1, MAXIMUM_VERSION),
  simulated_root: v.exactOptional(sha256Schema),
  parties: named(nameSchema, partySchema),
  datasets: named(ownedNameSchema, datasetSchema),
  workloads: named(ownedNameSchema, workloadSchema),
  queries: queriesSchema,
  valid: v.strictObject({ from: timeSchema, until: timeSchema }),
});
