/** What is wrong with a release policy. */
export type PolicyCode =
  /** The text is not a policy of Azure Key Vault's grammar. */
  | "POLICY_MALFORMED"
  /** The policy uses an operator that is not evaluated here. */
  | "OPERATOR_UNSUPPORTED";

/** An error of release policies; `data.pointer` says where in the policy (RFC 6901). */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly code: PolicyCode;
  readonly data: { readonly pointer: string };

  constructor(code: PolicyCode, message: string, pointer: string, options?: ErrorOptions) {
    super(`${message} at ${pointer === "" ? "the policy's root" : pointer}`, options);
    this.code = code;
    this.data = { pointer };
  }
}
