// A result as people get it. Specification: proto/FORMATS.md, section 7.

import { canonicalJson } from "#sealing";
import type { Envelope } from "#sealing";
import * as v from "valibot";
import { malformed } from "./contract-error.ts";
import { columnSchema, integerSchema, nameSchema, runSchema, sha256Schema } from "./grammar.ts";
import { readStructure } from "./structure.ts";

/** A member of a row: a group's value, a measure, or what a nested list folds its small groups into. */
export type ResultCell = string | number | null | readonly ResultRow[] | ResultRow;

/** One group: `party` is null for all parties; `share` is a percentage with one decimal, other numbers are integers. */
export interface ResultRow {
  readonly [member: string]: ResultCell;
}

/** What the signature covers. */
export interface ResultDocument {
  readonly type: "result";
  /** Digest of the contract. */
  readonly contract: string;
  readonly query: string;
  /** 32 hex digits. */
  readonly run: string;
  /** Rows read, by party. */
  readonly rows: Readonly<Record<string, number>>;
  /** Lists of groups, by output. */
  readonly outputs: Readonly<Record<string, readonly ResultRow[]>>;
  /** Outputs in which groups were too small to be named. */
  readonly suppressed?: Readonly<Record<string, true>>;
  /** What these groups have together, by output: one row, or one per party. */
  readonly other?: Readonly<Record<string, ResultRow | readonly ResultRow[]>>;
}

/** Evidence of the workload that made the result; all base64. */
export interface ResultEvidence {
  readonly report: string;
  /** DER: the leaf, its intermediate and the ARK. */
  readonly certificates: readonly string[];
  /** DER: revocation lists of the root, where the workload had them. */
  readonly crls: readonly string[];
  readonly runtime_claims: string;
}

/** A result with its proof. */
export interface Result extends ResultDocument {
  readonly statement: Envelope;
  readonly evidence: ResultEvidence;
}

const rowSchema: v.GenericSchema<unknown, ResultRow> = v.record(
  columnSchema,
  v.lazy((cell): v.GenericSchema<unknown, ResultCell> => {
    if (Array.isArray(cell)) return v.array(rowSchema);
    if (typeof cell === "object" && cell !== null) return rowSchema;
    return v.nullable(v.union([v.string(), v.pipe(v.number(), v.finite("a finite number"))]));
  }),
);

const documentEntries = {
  type: v.literal("result"),
  contract: sha256Schema,
  query: nameSchema,
  run: runSchema,
  rows: v.record(nameSchema, integerSchema(0)),
  outputs: v.record(columnSchema, v.array(rowSchema)),
  suppressed: v.exactOptional(v.record(columnSchema, v.literal(true))),
  other: v.exactOptional(
    v.record(
      columnSchema,
      v.lazy((other): v.GenericSchema<unknown, ResultRow | readonly ResultRow[]> =>
        Array.isArray(other) ? v.array(rowSchema) : rowSchema,
      ),
    ),
  ),
};

const resultSchema: v.GenericSchema<unknown, Result> = v.strictObject({
  ...documentEntries,
  statement: v.strictObject({
    payloadType: v.string(),
    payload: v.string(),
    signatures: v.array(v.strictObject({ keyid: v.string(), sig: v.string() })),
  }),
  evidence: v.strictObject({
    report: v.string(),
    certificates: v.array(v.string()),
    crls: v.optional(v.array(v.string()), []),
    runtime_claims: v.string(),
  }),
});

/**
 * Parses a result from JSON text, however it is spaced, or from the object that it is.
 *
 * What comes back is what verifyResult hashes: show this value, and never the text it came from.
 *
 * @throws ContractError RESULT_MALFORMED
 */
export function parseResult(result: unknown): Result {
  let value = result;
  if (typeof result === "string") {
    try {
      value = JSON.parse(result);
    } catch (cause) {
      throw malformed("RESULT_MALFORMED", "result", [{ path: "$", message: "is not json" }], { cause });
    }
  }
  const read = readStructure(resultSchema, value);
  if (read.problems !== undefined) throw malformed("RESULT_MALFORMED", "result", read.problems);
  return read.value;
}

/** The bytes that `result_sha256` is of: canonical JSON without `statement` and `evidence`. */
export function resultDocument(result: ResultDocument & Partial<Result>): Uint8Array<ArrayBuffer> {
  const { statement: _, evidence: __, ...document } = result;
  return new TextEncoder().encode(canonicalJson(document));
}
