// The rules that policies are made of. A member that is unset is an error, and what is not checked has a reason.
import { AttestationError } from "../attestation-error.ts";

/** A check that is left out on purpose, and why. There is no other way to leave one out. */
export interface Unchecked {
  readonly unchecked: string;
}

/** Accepted values; an empty list accepts nothing. */
export interface AnyOf<Value> {
  readonly anyOf: readonly Value[];
}

/** Something that weakens a guest: forbidden, or allowed for a reason. */
export type Permission = "forbidden" | { readonly allowed: string };

/** Tells whether a value has the shape of a rule. */
export type Check = (value: unknown) => boolean;

/** The shape of every member of a policy; total, so that a new member without one does not compile. */
export type PolicyShape<Policy> = { readonly [Member in keyof Policy]: Check };

/** Checks that every member is set and has its shape. Throws REFERENCE_VALUES_INCOMPLETE naming the member. */
export function checkMembers<Policy>(policy: Policy, shape: PolicyShape<Policy>): void {
  for (const [field, check] of Object.entries<Check>(shape)) {
    if (!check(memberOf(policy, field))) {
      throw new AttestationError("REFERENCE_VALUES_INCOMPLETE", `policy member ${field} is unset or not of its form`, {
        field,
      });
    }
  }
}

/** True for a check that is left out with a reason. */
export function isUnchecked(value: unknown): value is Unchecked {
  const reason = memberOf(value, "unchecked");
  return typeof reason === "string" && reason !== "";
}

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

export function or(...checks: readonly Check[]): Check {
  return (value) => checks.some((check) => check(value));
}

export function isList(value: unknown): boolean {
  return Array.isArray(memberOf(value, "anyOf"));
}

export function isBytes(length: number): Check {
  return (value) => value instanceof Uint8Array && value.length === length;
}

export function listOfBytes(length: number): Check {
  return (value) => {
    const list = memberOf(value, "anyOf");
    return Array.isArray(list) && list.every(isBytes(length));
  };
}

export function isPermission(value: unknown): boolean {
  const reason = memberOf(value, "allowed");
  return value === "forbidden" || (typeof reason === "string" && reason !== "");
}

export function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
