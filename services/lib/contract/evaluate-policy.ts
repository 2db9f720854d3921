// Evaluates every clause, met or not: a refusal says all that was wrong. Only after the evidence's signature holds
// may the
// outcome be shown to whoever sent it.

import { jsonPointer, type PathKey } from "./json-path.ts";
import { PolicyError } from "./policy-error.ts";
import { comparisonOf, type Condition, type Group, type Operator, type ReleasePolicy } from "./release-policy.ts";

/** How one clause came out. */
export interface ClauseOutcome {
  /** Where it stands in the policy: a JSON pointer. */
  readonly pointer: string;
  readonly claim: string;
  readonly operator: Operator;
  /** What the policy wants. */
  readonly expected: string;
  /** What the claims say; null for a missing claim, JSON for an object or a list; cut after 256 characters. */
  readonly seen: string | null;
  readonly met: boolean;
}

/** A decision, with every clause that led to it. */
export interface PolicyOutcome {
  readonly met: boolean;
  readonly clauses: readonly ClauseOutcome[];
}

// notEquals and the order operators: vaults refuse or differ in them, and a rule that a vault would not hold is not
// held here.
const EVALUATED: ReadonlySet<Operator> = new Set(["equals", "exists"]);

const MAXIMUM_SEEN = 256;

/**
 * Refuses a policy with an operator that evaluatePolicy would refuse: for whoever takes a policy into use.
 *
 * @throws PolicyError OPERATOR_UNSUPPORTED
 */
export function checkOperators(policy: ReleasePolicy): void {
  policy.anyOf.forEach((authority, index) => checkGroup(authority, ["anyOf", index]));
}

/**
 * Decides a release policy over claims with their issuer `iss`.
 *
 * Issuers are compared after one trailing slash is cut off each. Scalars compare as text. A dot in a claim's name
 * always steps into an
 * object, so a member whose own name has a dot is never found; lists are not stepped into. A missing claim, an object
 * and a
 * list equal nothing. When no authority issued the claims, one more clause says so and nothing is met.
 *
 * @throws PolicyError OPERATOR_UNSUPPORTED, before anything is compared
 */
export function evaluatePolicy(policy: ReleasePolicy, claims: Readonly<Record<string, unknown>>): PolicyOutcome {
  checkOperators(policy);
  const issuer = typeof claims.iss === "string" ? claims.iss : undefined;
  const authorities = policy.anyOf.map((authority, index) => {
    const issued = issuer !== undefined && withoutSlash(authority.authority) === withoutSlash(issuer);
    const outcome = evaluateGroup(authority, ["anyOf", index], claims);
    return { ...outcome, issued, met: issued && outcome.met };
  });
  const issued = authorities.filter((authority) => authority.issued);
  if (issued.length > 0) {
    // What another issuer would have had to say decides nothing, and would read as failed.
    return { met: issued.some(({ met }) => met), clauses: issued.flatMap(({ clauses }) => clauses) };
  }
  const stranger: ClauseOutcome = {
    pointer: "/anyOf",
    claim: "iss",
    operator: "equals",
    expected: policy.anyOf.map(({ authority }) => authority).join(" or "),
    seen: seenOf(claims.iss),
    met: false,
  };
  const unmet = authorities.flatMap(({ clauses }) => clauses.map((clause) => ({ ...clause, met: false })));
  return { met: false, clauses: [stranger, ...unmet] };
}

function checkGroup(group: Group, keys: readonly PathKey[]): void {
  const [kind, conditions] = membersOf(group);
  conditions.forEach((condition, index) => {
    const place = [...keys, kind, index];
    if (!("claim" in condition)) return checkGroup(condition, place);
    const { operator } = comparisonOf(condition);
    if (!EVALUATED.has(operator)) {
      throw new PolicyError("OPERATOR_UNSUPPORTED", `operator ${operator} is not evaluated`, jsonPointer(place));
    }
    return undefined;
  });
}

function evaluateGroup(group: Group, keys: readonly PathKey[], claims: object): PolicyOutcome {
  const [kind, conditions] = membersOf(group);
  const outcomes = conditions.map((condition, index) => evaluateCondition(condition, [...keys, kind, index], claims));
  const met = kind === "allOf" ? outcomes.every((outcome) => outcome.met) : outcomes.some((outcome) => outcome.met);
  return { met, clauses: outcomes.flatMap(({ clauses }) => clauses) };
}

function evaluateCondition(condition: Condition, keys: readonly PathKey[], claims: object): PolicyOutcome {
  if (!("claim" in condition)) return evaluateGroup(condition, keys, claims);
  const { operator, expected } = comparisonOf(condition);
  const value = claimOf(claims, condition.claim);
  const met =
    operator === "exists" ? String(value !== undefined) === expected : isScalar(value) && String(value) === expected;
  return {
    met,
    clauses: [{ pointer: jsonPointer(keys), claim: condition.claim, operator, expected, seen: seenOf(value), met }],
  };
}

function membersOf(group: Group): readonly ["allOf" | "anyOf", readonly Condition[]] {
  return group.allOf === undefined ? ["anyOf", group.anyOf] : ["allOf", group.allOf];
}

function claimOf(claims: object, name: string): unknown {
  let value: unknown = claims;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, step))
      return undefined;
    // hasOwn has just found the member.
    value = (value as Record<string, unknown>)[step];
  }
  // In JSON null is a value that says nothing: as good as missing.
  return value ?? undefined;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function seenOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = isScalar(value) ? String(value) : JSON.stringify(value);
  // The outcome goes into a log entry, and the length of a claim is its sender's choice.
  return text.length <= MAXIMUM_SEEN ? text : `${text.slice(0, MAXIMUM_SEEN)}…`;
}

function withoutSlash(issuer: string): string {
  return issuer.endsWith("/") ? issuer.slice(0, -1) : issuer;
}
