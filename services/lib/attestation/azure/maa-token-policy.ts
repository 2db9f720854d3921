import {
  type AnyOf,
  checkMembers,
  isBytes,
  isCount,
  isPermission,
  isUnchecked,
  listOfBytes,
  memberOf,
  or,
  type Permission,
  type PolicyShape,
  type Unchecked,
} from "../validate/policy-rules.ts";
import type { UvmExpectation } from "./uvm-endorsement.ts";

/** Where the SEV-SNP claims of a token are. */
export const snpClaimsOf = {
  /** A container group, or a report that was sent to the service: beside the token's own claims. */
  sevsnpvm: null,
  /** A confidential virtual machine, whose vTPM was attested too: nested, and beside them are claims about its boot. */
  azurevm: "x-ms-isolation-tee",
} as const;

/** A value in the runtime data that the verifier gave to the workload, so that an old token is refused. */
export interface NonceRule {
  /** The members that lead to it in `x-ms-runtime`, such as `["sealmesh", "nonce"]` or `["client-payload", "nonce"]`. */
  readonly path: readonly string[];
  /** A text; of an integer, its decimal digits. */
  readonly equals: string;
}

/**
 * What a relying party wants of a genuine token. Every member is required: unset does not compile, and is REFERENCE_VALUES_INCOMPLETE
 * where types do not reach.
 */
export interface MaaTokenPolicy {
  readonly attestationType: keyof typeof snpClaimsOf;
  /** `azure-compliant-uvm` for container groups, `azure-compliant-cvm` for virtual machines; absent when the service does not know the measurement. */
  readonly complianceStatus: AnyOf<string> | Unchecked;
  /** 32 bytes each: SHA-256 of a group's policy document. Zeros on virtual machines. */
  readonly hostData: AnyOf<Uint8Array> | Unchecked;
  /** HOST_DATA of a published policy that allows everything, even where `hostData` lists it. */
  readonly allowAllPolicy: Permission;
  /** Launch digests of 48 bytes. */
  readonly measurement: AnyOf<Uint8Array> | Unchecked;
  /**
   * 64 bytes, made with `reportDataOf` from the runtime data as it was sent to the service. `x-ms-runtime` will not do: it is that JSON
   * written again. Without it the service's own comparison is relied on.
   */
  readonly reportData: { readonly equals: Uint8Array } | Unchecked;
  readonly nonce: NonceRule | Unchecked;
  readonly debug: Permission;
  readonly migration: Permission;
  /** Exactly this privilege level, 0 to 3. */
  readonly vmpl: number;
  /** The endorsement of the utility VM, as the service read it; only container groups have one. */
  readonly uvm: UvmExpectation | Unchecked;
  /** `x-ms-policy-hash`, 32 bytes each. The owner of a private instance can change what its claims mean. */
  readonly policyHash: AnyOf<Uint8Array> | Unchecked;
}

const isComplete: PolicyShape<MaaTokenPolicy> = {
  attestationType: (value) => typeof value === "string" && Object.hasOwn(snpClaimsOf, value),
  complianceStatus: or(isUnchecked, (value) => isListOfTexts(memberOf(value, "anyOf"))),
  hostData: or(isUnchecked, listOfBytes(32)),
  allowAllPolicy: isPermission,
  measurement: or(isUnchecked, listOfBytes(48)),
  reportData: or(isUnchecked, (value) => isBytes(64)(memberOf(value, "equals"))),
  nonce: or(isUnchecked, isNonceRule),
  debug: isPermission,
  migration: isPermission,
  vmpl: (value) => [0, 1, 2, 3].some((level) => level === value),
  uvm: or(isUnchecked, isUvmExpectation),
  policyHash: or(isUnchecked, listOfBytes(32)),
};

/** Checks that every member is set and has its shape. Throws REFERENCE_VALUES_INCOMPLETE naming the member. */
export function checkMaaTokenPolicy(policy: MaaTokenPolicy): void {
  checkMembers(policy, isComplete);
}

function isNonceRule(value: unknown): boolean {
  const path = memberOf(value, "path");
  return isListOfTexts(path) && path.length > 0 && isText(memberOf(value, "equals"));
}

function isUvmExpectation(value: unknown): boolean {
  return (
    isListOfTexts(memberOf(value, "issuers")) &&
    isText(memberOf(value, "feed")) &&
    isCount(memberOf(value, "minimumSvn"))
  );
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
