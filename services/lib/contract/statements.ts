// What brokers, owners and workloads sign, one payload type per kind. Specification: proto/FORMATS.md, sections 3, 5,
// 6, 7. Contract and
// manifest have parsers of their own.

import { canonicalJson, parseCanonicalJson } from "#sealing";
import * as v from "valibot";
import { ContractError, malformed } from "./contract-error.ts";
import {
  columnSchema,
  hex256Schema,
  integerSchema,
  key32Schema,
  nameSchema,
  ownedNameSchema,
  runSchema,
  sha256Schema,
  timeSchema,
} from "./grammar.ts";
import { readStructure } from "./structure.ts";

/** DSSE payload type of a contract. */
export const CONTRACT_TYPE = "application/vnd.sealmesh.contract.v1+json";

/** DSSE payload types by kind. */
export const statementTypes = {
  revocation: "application/vnd.sealmesh.revocation.v1+json",
  release: "application/vnd.sealmesh.release.v1+json",
  denial: "application/vnd.sealmesh.denial.v1+json",
  activation: "application/vnd.sealmesh.activation.v1+json",
  refusals: "application/vnd.sealmesh.refusals.v1+json",
  result: "application/vnd.sealmesh.result.v1+json",
} as const;

/** A kind of statement. */
export type StatementKind = keyof typeof statementTypes;

const MAXIMUM_VERSION = 0xffff_ffff;
const MAXIMUM_PAYLOAD = 1 << 20;
const MAXIMUM_CLAIMED_QUERY = 256;
const first = v.literal(1);
// Codes of errors, closed by whoever writes them; a reader of an old log must read tomorrow's.
const reasonSchema = v.pipe(v.string(), v.regex(/^[A-Z][A-Z0-9_]{0,62}$/, "a code such as POLICY_REFUSED"));

const clauseSchema = v.strictObject({
  pointer: v.string(),
  claim: v.string(),
  operator: v.string(),
  expected: v.string(),
  seen: v.nullable(v.string()),
  met: v.boolean(),
});

const schemas = {
  revocation: v.strictObject({ v: first, type: v.literal("revocation"), contract: sha256Schema, time: timeSchema }),
  release: v.strictObject({
    v: first,
    type: v.literal("release"),
    broker: nameSchema,
    time: timeSchema,
    contract: sha256Schema,
    query: nameSchema,
    run: runSchema,
    granularity: v.picklist(["data-keys", "class-key"]),
    keys: v.array(
      v.strictObject({
        dataset: ownedNameSchema,
        version: integerSchema(1),
        part: integerSchema(0),
        column: columnSchema,
      }),
    ),
    recipient: key32Schema,
    evidence_sha256: hex256Schema,
    clauses: v.array(clauseSchema),
  }),
  denial: v.strictObject({
    v: first,
    type: v.literal("denial"),
    broker: nameSchema,
    time: timeSchema,
    contract: sha256Schema,
    // As the claims say: text that names no query is one of the reasons for a denial.
    query: v.pipe(v.string(), v.maxLength(MAXIMUM_CLAIMED_QUERY, `${MAXIMUM_CLAIMED_QUERY} characters at most`)),
    run: runSchema,
    reason: reasonSchema,
    clauses: v.array(clauseSchema),
    evidence_sha256: hex256Schema,
  }),
  activation: v.strictObject({
    v: first,
    type: v.literal("activation"),
    broker: nameSchema,
    time: timeSchema,
    contract: sha256Schema,
    name: nameSchema,
    version: integerSchema(1, MAXIMUM_VERSION),
    state: v.picklist(["ACTIVE", "REVOKED"]),
  }),
  refusals: v.strictObject({
    v: first,
    type: v.literal("refusals"),
    broker: nameSchema,
    minute: v.pipe(timeSchema, v.endsWith(":00Z", "a full minute")),
    reason: reasonSchema,
    count: integerSchema(1),
  }),
  result: v.strictObject({
    v: first,
    type: v.literal("result"),
    contract: sha256Schema,
    query: nameSchema,
    run: runSchema,
    manifests: v.record(ownedNameSchema, sha256Schema),
    result_sha256: hex256Schema,
    time: timeSchema,
  }),
} satisfies Record<StatementKind, v.GenericSchema>;

/** An owner ends a contract. */
export type Revocation = Readonly<v.InferOutput<typeof schemas.revocation>>;
/** A broker released keys. */
export type Release = Readonly<v.InferOutput<typeof schemas.release>>;
/** A broker refused genuine evidence. */
export type Denial = Readonly<v.InferOutput<typeof schemas.denial>>;
/** A broker took a contract into force, or out of it. */
export type Activation = Readonly<v.InferOutput<typeof schemas.activation>>;
/** How often a broker refused unverifiable evidence within one minute, for one reason. */
export type Refusals = Readonly<v.InferOutput<typeof schemas.refusals>>;
/** What the signer of a result says of it. */
export type ResultStatement = Readonly<v.InferOutput<typeof schemas.result>>;

/** The statement of each kind. */
export interface Statements {
  readonly revocation: Revocation;
  readonly release: Release;
  readonly denial: Denial;
  readonly activation: Activation;
  readonly refusals: Refusals;
  readonly result: ResultStatement;
}

/**
 * The bytes to sign for a statement.
 *
 * @throws ContractError STATEMENT_MALFORMED when the value is not a statement of the kind
 */
export function statementPayload<K extends StatementKind>(kind: K, statement: Statements[K]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson(readStatement(kind, statement)));
}

/**
 * Parses the payload of a statement. Who signed it is for verifyEnvelope to say.
 *
 * @throws ContractError STATEMENT_MALFORMED
 */
export function parseStatement<K extends StatementKind>(kind: K, payload: Uint8Array): Statements[K] {
  if (payload.length > MAXIMUM_PAYLOAD) {
    const message = `${kind} is ${payload.length} bytes, want ${MAXIMUM_PAYLOAD} at most`;
    throw new ContractError("STATEMENT_MALFORMED", message);
  }
  let value: unknown;
  try {
    value = parseCanonicalJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload));
  } catch (cause) {
    throw new ContractError("STATEMENT_MALFORMED", `${kind} is not canonical json`, [], { cause });
  }
  return readStatement(kind, value);
}

function readStatement<K extends StatementKind>(kind: K, value: unknown): Statements[K] {
  // The table's row of a kind gives the kind's statement: Statements is made from the same rows.
  const schema = schemas[kind] as v.GenericSchema<unknown, unknown> as v.GenericSchema<unknown, Statements[K]>;
  const read = readStructure(schema, value);
  if (read.problems !== undefined) throw malformed("STATEMENT_MALFORMED", kind, read.problems);
  return read.value;
}
