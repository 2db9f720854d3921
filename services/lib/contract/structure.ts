// Runs a strict schema and says everything that is wrong as problems with paths.

import * as v from "valibot";
import { problem, type Problem } from "./contract-error.ts";
import type { PathKey } from "./json-path.ts";

/** Deepest nesting of any document; the deepest of a real contract is 8. */
export const MAXIMUM_DEPTH = 32;
/** Longest list of problems in one error. */
export const MAXIMUM_PROBLEMS = 100;
const MAXIMUM_QUOTE = 80;
// valibot's record() passes over these names without validating them, so that they would vanish from what is signed.
const RESERVED = new Set(["__proto__", "constructor", "prototype"]);

/** A value of the schema's type, or what is wrong. `keys` of each problem say where. */
export type Structure<T> =
  | { readonly value: T; readonly problems?: never }
  | { readonly problems: readonly PlacedProblem[] };

/** A problem and its keys, so that a reader of YAML can find the line. */
export interface PlacedProblem extends Problem {
  readonly keys: readonly PathKey[];
}

/** Reads `input` by a strict schema: unknown members are problems, and so is nesting beyond 32. */
export function readStructure<T>(schema: v.GenericSchema<unknown, T>, input: unknown): Structure<T> {
  const unfit = unfitMembers(input, []);
  if (unfit.length > 0) return { problems: unfit.slice(0, MAXIMUM_PROBLEMS) };
  const outcome = v.safeParse(schema, input);
  if (outcome.success) return { value: outcome.output };
  return { problems: onePerPlace(outcome.issues.map(toProblem)).slice(0, MAXIMUM_PROBLEMS) };
}

/** Adds the keys that made the path. */
export function placed(keys: readonly PathKey[], message: string): PlacedProblem {
  return { ...problem(keys, message), keys };
}

function unfitMembers(value: unknown, keys: readonly PathKey[]): readonly PlacedProblem[] {
  if (typeof value !== "object" || value === null) return [];
  if (keys.length >= MAXIMUM_DEPTH) return [placed(keys, `nested deeper than ${MAXIMUM_DEPTH}`)];
  if (Array.isArray(value)) return value.flatMap((element: unknown, index) => unfitMembers(element, [...keys, index]));
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    RESERVED.has(name)
      ? [placed([...keys, name], `${name} is reserved and cannot be a name`)]
      : unfitMembers(member, [...keys, name]),
  );
}

// A value that fails one check of its schema mostly fails the next ones too; the first says what it is.
function onePerPlace(problems: readonly PlacedProblem[]): readonly PlacedProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ path }) => !seen.has(path) && seen.add(path));
}

function toProblem(issue: v.BaseIssue<unknown>): PlacedProblem {
  const keys = (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
  return placed(keys, wording(issue));
}

function wording(issue: v.BaseIssue<unknown>): string {
  const received = shorten(issue.received);
  if (issue.type === "strict_object" && issue.expected === "never") return "unknown member";
  if (issue.type === "strict_object" && issue.received === "undefined") return "missing member";
  if (issue.kind === "validation") {
    return ["Array", "Object"].includes(received) ? `want ${issue.message}` : `is ${received}, want ${issue.message}`;
  }
  // A schema's own words, such as "one of outputs and records", have no colon; valibot's repeat what is said here.
  return issue.message.startsWith("Invalid ") ? `is ${received}, want ${issue.expected}` : issue.message;
}

function shorten(text: string): string {
  return text.length <= MAXIMUM_QUOTE ? text : `${text.slice(0, MAXIMUM_QUOTE)}…`;
}
