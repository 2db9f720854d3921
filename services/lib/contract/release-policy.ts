// Secure Key Release policies in Azure Key Vault's grammar, version 1.0.0
// (learn.microsoft.com/azure/key-vault/keys/policy-grammar). Parsed by hand: every clause has its place in the text.

import { jsonPointer, type PathKey } from "./json-path.ts";
import { PolicyError } from "./policy-error.ts";
import { MAXIMUM_DEPTH } from "./structure.ts";

/** Most claims that one policy compares. */
export const MAXIMUM_CLAUSES = 1000;
const MAXIMUM_POLICY_TEXT = 1 << 20;
const VERSION = "1.0.0";

/** The operators of the grammar. */
export const operators = [
  "equals",
  "notEquals",
  "less",
  "lessOrEquals",
  "greater",
  "greaterOrEquals",
  "exists",
] as const;

/** One operator of the grammar. */
export type Operator = (typeof operators)[number];

/** A release policy: met when one of its authorities issued the claims and its condition is met. */
export interface ReleasePolicy {
  readonly version: "1.0.0";
  readonly anyOf: readonly Authority[];
}

/** What the claims of one issuer must say. */
export type Authority = { readonly authority: string } & Group;

/** All conditions, or one of them at least. */
export type Group =
  | { readonly allOf: readonly Condition[]; readonly anyOf?: never }
  | { readonly anyOf: readonly Condition[]; readonly allOf?: never };

/** A claim compared with a value, or a group of conditions. */
export type Condition = Clause | Group;

/** A claim compared with a value: `{"claim": …, "equals": …}`, exactly one operator. */
export type Clause = { readonly claim: string } & {
  readonly [O in Operator]?: string | number | boolean;
} & { readonly allOf?: never; readonly anyOf?: never };

/**
 * Parses a release policy from its JSON text or from the object that it is.
 *
 * Strict: version 1.0.0; no unknown member; exactly one of `allOf` and `anyOf` per authority and group; one operator per
 * clause; no empty list; 32 levels and 1,000 clauses at most. Duplicate keys are refused, because JSON.parse would
 * keep the last.
 *
 * @throws PolicyError POLICY_MALFORMED with the JSON pointer
 */
export function parseReleasePolicy(policy: unknown): ReleasePolicy {
  const root = asObject(typeof policy === "string" ? parseText(policy) : policy, []);
  onlyMembers(root, ["version", "anyOf"], []);
  if (root.version !== VERSION) {
    throw malformed(`version is ${JSON.stringify(root.version) ?? "missing"}, want ${VERSION}`, ["version"]);
  }
  const count = { clauses: 0 };
  const anyOf = asList(root.anyOf, ["anyOf"]).map((authority, index) =>
    parseAuthority(authority, ["anyOf", index], count),
  );
  return { version: VERSION, anyOf };
}

interface ClauseCount {
  clauses: number;
}

function parseAuthority(value: unknown, keys: readonly PathKey[], count: ClauseCount): Authority {
  const member = asObject(value, keys);
  onlyMembers(member, ["authority", "allOf", "anyOf"], keys);
  if (typeof member.authority !== "string" || member.authority === "") {
    throw malformed("authority is not a text with an issuer", [...keys, "authority"]);
  }
  return { authority: member.authority, ...parseGroup(member, keys, count) };
}

function parseCondition(value: unknown, keys: readonly PathKey[], count: ClauseCount): Condition {
  // Every level of the policy puts two keys on its path: a list's name and an index.
  if (keys.length > 2 * MAXIMUM_DEPTH) throw malformed(`nested deeper than ${MAXIMUM_DEPTH}`, keys);
  const member = asObject(value, keys);
  if (Object.hasOwn(member, "claim")) return parseClause(member, keys, count);
  onlyMembers(member, ["allOf", "anyOf"], keys);
  return parseGroup(member, keys, count);
}

function parseGroup(member: JsonObject, keys: readonly PathKey[], count: ClauseCount): Group {
  const kinds = (["allOf", "anyOf"] as const).filter((kind) => Object.hasOwn(member, kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    throw malformed(`has ${kinds.join(" and ") || "neither allOf nor anyOf"}, want one of them`, keys);
  }
  const conditions = asList(member[kind], [...keys, kind]).map((condition, index) =>
    parseCondition(condition, [...keys, kind, index], count),
  );
  return kind === "allOf" ? { allOf: conditions } : { anyOf: conditions };
}

function parseClause(member: JsonObject, keys: readonly PathKey[], count: ClauseCount): Clause {
  count.clauses += 1;
  if (count.clauses > MAXIMUM_CLAUSES) throw malformed(`more than ${MAXIMUM_CLAUSES} clauses`, keys);
  onlyMembers(member, ["claim", ...operators], keys);
  const { claim } = member;
  if (typeof claim !== "string" || claim.split(".").includes("")) {
    throw malformed("claim is not a name, or a path of names with dots between", [...keys, "claim"]);
  }
  const used = operators.filter((operator) => Object.hasOwn(member, operator));
  const [operator] = used;
  if (operator === undefined || used.length > 1) {
    throw malformed(`has ${used.length} operators, want exactly one`, keys);
  }
  const value = member[operator];
  const scalar = typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
  if (!scalar) throw malformed(`${operator} wants a text, an integer, true or false`, [...keys, operator]);
  if (operator === "exists" && value !== "true" && value !== "false" && typeof value !== "boolean") {
    throw malformed(`exists wants true or false`, [...keys, operator]);
  }
  // The checks above leave exactly these types.
  return { claim, [operator]: value as string | number | boolean };
}

/** The operator of a clause and the value as text: scalars compare as text. */
export function comparisonOf(clause: Clause): { readonly operator: Operator; readonly expected: string } {
  const operator = operators.find((operator) => clause[operator] !== undefined);
  if (operator === undefined) throw malformed(`clause of ${clause.claim} has no operator`, []);
  return { operator, expected: String(clause[operator]) };
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseText(text: string): unknown {
  if (text.length > MAXIMUM_POLICY_TEXT) {
    throw malformed(`policy is ${text.length} characters, want ${MAXIMUM_POLICY_TEXT} at most`, []);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PolicyError("POLICY_MALFORMED", "policy is not json", "", { cause });
  }
  // JSON.parse keeps the last of two members of one name; counting names in the text finds the others.
  if (memberCount(value) !== nameCount(text)) throw malformed("policy has a member twice", []);
  return value;
}

function memberCount(value: unknown): number {
  const open: unknown[] = [value];
  let count = 0;
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null) continue;
    if (!Array.isArray(next)) count += Object.keys(next).length;
    for (const member of Object.values(next)) open.push(member);
  }
  return count;
}

// In text that JSON.parse accepted, a string before a colon is a member's name, and nothing else is.
function nameCount(text: string): number {
  let count = 0;
  for (const [, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gsu)) if (colon !== undefined) count += 1;
  return count;
}

function asObject(value: unknown, keys: readonly PathKey[]): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("is not an object", keys);
  // An object that is neither null nor an array has members by name.
  return value as JsonObject;
}

function asList(value: unknown, keys: readonly PathKey[]): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed("is not a list", keys);
  if (value.length === 0) throw malformed("list is empty", keys);
  return value;
}

function onlyMembers(member: JsonObject, names: readonly string[], keys: readonly PathKey[]): void {
  const stray = Object.keys(member).find((name) => !names.includes(name));
  if (stray !== undefined) throw malformed(`unknown member ${JSON.stringify(stray)}`, [...keys, stray]);
}

function malformed(message: string, keys: readonly PathKey[]): PolicyError {
  return new PolicyError("POLICY_MALFORMED", message, jsonPointer(keys));
}
