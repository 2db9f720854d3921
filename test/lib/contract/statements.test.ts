import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ContractError,
  parseStatement,
  statementPayload,
  statementTypes,
  type StatementKind,
  type Statements,
} from "#contract";
import { canonicalJson } from "#sealing";

const contract = `sha256:${"1".repeat(64)}`;
const run = "2".repeat(32);
const time = "2026-11-24T10:00:00Z";
const evidence_sha256 = "3".repeat(64);
const clauses = [
  { pointer: "/anyOf/0/allOf/0", claim: "a", operator: "equals", expected: "1", seen: null, met: false },
  { pointer: "/anyOf/0/allOf/1", claim: "b", operator: "equals", expected: "1", seen: "1", met: true },
];

const good: Statements = {
  revocation: { v: 1, type: "revocation", contract, time },
  release: {
    v: 1,
    type: "release",
    broker: "contoso",
    time,
    contract,
    query: "demographics",
    run,
    granularity: "data-keys",
    keys: [{ dataset: "contoso/employees", version: 1, part: 0, column: "footer" }],
    recipient: "A".repeat(43),
    evidence_sha256,
    clauses,
  },
  denial: {
    v: 1,
    type: "denial",
    broker: "contoso",
    time,
    contract,
    query: "demographics",
    run,
    reason: "POLICY_REFUSED",
    clauses,
    evidence_sha256,
  },
  activation: {
    v: 1,
    type: "activation",
    broker: "contoso",
    time,
    contract,
    name: "partner-demographics",
    version: 1,
    state: "ACTIVE",
  },
  refusals: { v: 1, type: "refusals", broker: "contoso", minute: time, reason: "EVIDENCE_MISSING", count: 2 },
  result: {
    v: 1,
    type: "result",
    contract,
    query: "demographics",
    run,
    manifests: { "contoso/employees": contract },
    result_sha256: "4".repeat(64),
    time,
  },
};
const kinds: readonly StatementKind[] = ["revocation", "release", "denial", "activation", "refusals", "result"];

const bytes = (value: unknown) => new TextEncoder().encode(canonicalJson(value));
const isMalformed = (error: unknown) => error instanceof ContractError && error.code === "STATEMENT_MALFORMED";

for (const kind of kinds) {
  test(`a ${kind} comes back from its payload, and its bytes are canonical`, () => {
    const payload = statementPayload(kind, good[kind]);
    assert.deepEqual(parseStatement(kind, payload), good[kind]);
    assert.deepEqual(payload, bytes(good[kind]));
    assert.equal(statementTypes[kind], `application/vnd.sealmesh.${kind}.v1+json`);
  });

  test(`refuses a ${kind} that lacks any one member, or has one too many, or is of another version or kind`, () => {
    for (const member of Object.keys(good[kind])) {
      const without = Object.fromEntries(Object.entries(good[kind]).filter(([name]) => name !== member));
      assert.throws(() => parseStatement(kind, bytes(without)), isMalformed, member);
    }
    for (const change of [{ more: 1 }, { v: 2 }, { type: "other" }]) {
      assert.throws(() => parseStatement(kind, bytes({ ...good[kind], ...change })), isMalformed);
    }
    for (const other of kinds.filter((other) => other !== kind)) {
      assert.throws(() => parseStatement(kind, bytes(good[other])), isMalformed);
    }
  });

  test(`refuses a ${kind} that is not canonical, not UTF-8 or beyond 1 MiB`, () => {
    assert.throws(() => parseStatement(kind, new TextEncoder().encode(` ${canonicalJson(good[kind])}`)), isMalformed);
    assert.throws(() => parseStatement(kind, new Uint8Array([0xff])), isMalformed);
    assert.throws(() => parseStatement(kind, new Uint8Array((1 << 20) + 1)), isMalformed);
  });
}

const wrong: readonly (readonly [kind: StatementKind, change: Record<string, unknown>])[] = [
  ["revocation", { contract: "1".repeat(64) }],
  ["revocation", { time: "2026-11-24" }],
  ["release", { granularity: "everything" }],
  ["release", { query: "no such query" }],
  ["release", { run: "2".repeat(31) }],
  ["release", { recipient: "A".repeat(42) }],
  ["release", { keys: [{ dataset: "contoso/employees", version: 0, part: 0, column: "age" }] }],
  ["release", { clauses: [{ ...clauses[0], seen: undefined }] }],
  ["denial", { reason: "because" }],
  ["denial", { query: "q".repeat(257) }],
  ["activation", { state: "RETIRED" }],
  ["activation", { version: 0 }],
  ["refusals", { minute: "2026-11-24T10:00:01Z" }],
  ["refusals", { count: 0 }],
  ["result", { manifests: { employees: contract } }],
  ["result", { manifests: { constructor: contract } }],
  ["result", { result_sha256: contract }],
];

for (const [kind, change] of wrong) {
  test(`refuses a ${kind} with ${JSON.stringify(change)}`, () => {
    // The change makes it no statement, which is what is tested.
    const statement = { ...good[kind], ...change } as Statements[typeof kind];
    assert.throws(() => statementPayload(kind, statement), isMalformed);
  });
}

test("a denial keeps a claimed query that is no name", () => {
  const denial = { ...good.denial, query: "no such query" };
  assert.deepEqual(parseStatement("denial", statementPayload("denial", denial)), denial);
});
