import { parseReleasePolicy, PolicyError, releasePolicy, type Contract, type ReleasePolicy } from "#contract";
import { canonicalJson } from "#sealing";

/** A broker's release policy beside the one that follows from the contract. */
export interface PolicyProof {
  /** Whether the broker showed exactly what the contract gives. */
  readonly isSame: boolean;
  /** What the contract gives. */
  readonly policy: ReleasePolicy;
}

/**
 * Compares what a broker shows as its release policy with what the contract gives.
 *
 * @param question.party whose broker
 * @throws ContractError QUERY_UNKNOWN
 */
export const provePolicy = (
  shown: string,
  { contract, query, party }: { readonly contract: Contract; readonly query: string; readonly party: string },
): PolicyProof => {
  const policy = releasePolicy(contract, query, contract.parties[party]?.broker?.url ?? "");
  try {
    return { isSame: canonicalJson(parseReleasePolicy(shown)) === canonicalJson(policy), policy };
  } catch (error) {
    if (error instanceof PolicyError) return { isSame: false, policy };
    throw error;
  }
};
