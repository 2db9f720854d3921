// Which contracts there are: those that the reader's anchors name, and those that the gateway shows beside them.
import { ContractError } from "#contract";
import type { Envelope } from "#sealing";
import { judgeContract, type KnownContract } from "./known-contract.ts";

/** Someone who can be asked for contracts; nobody that is trusted. */
export interface ContractSource {
  /** Answers with the signed contract of a name or digest, or with nothing when there is none. */
  readonly getContract: (reference: string) => Promise<Envelope | undefined>;
  /** Names of contracts it knows. */
  readonly listNames: () => Promise<readonly string[]>;
}

/** What became of one anchor. */
export type AnchorOutcome =
  | { readonly kind: "found"; readonly digest: string; readonly known: KnownContract }
  /** Nobody has a contract with this digest. */
  | { readonly kind: "unknown"; readonly digest: string }
  /** Another contract was shown in its place. */
  | { readonly kind: "mismatch"; readonly digest: string; readonly shown: string };

/** What was found. */
export interface FoundContracts {
  readonly anchors: readonly AnchorOutcome[];
  /** Every contract that parsed, the anchored ones first. */
  readonly contracts: readonly KnownContract[];
}

const judged = async (
  source: ContractSource,
  reference: string,
  anchors: readonly string[],
): Promise<KnownContract | undefined> => {
  const statement = await source.getContract(reference);
  if (statement === undefined) return undefined;
  try {
    return await judgeContract(statement, anchors);
  } catch (error) {
    // What is no contract is none: the next source may have it.
    if (error instanceof ContractError) return undefined;
    throw error;
  }
};

const followAnchor = async (
  digest: string,
  sources: readonly ContractSource[],
  anchors: readonly string[],
): Promise<AnchorOutcome> => {
  let shown: string | undefined;
  for (const source of sources) {
    const known = await judged(source, digest, anchors);
    if (known?.digest === digest) return { kind: "found", digest, known };
    shown ??= known?.digest;
  }
  return shown === undefined ? { kind: "unknown", digest } : { kind: "mismatch", digest, shown };
};

/**
 * Fetches the contracts of the anchors and those of the names, and verifies all of them.
 *
 * @param names besides those that the sources list
 * @throws what a source throws when it does not answer
 */
export const findContracts = async (
  sources: readonly ContractSource[],
  anchors: readonly string[],
  names: readonly string[],
): Promise<FoundContracts> => {
  const outcomes = await Promise.all(anchors.map((digest) => followAnchor(digest, sources, anchors)));
  const contracts = new Map<string, KnownContract>();
  for (const outcome of outcomes) if (outcome.kind === "found") contracts.set(outcome.digest, outcome.known);
  for (const source of sources) {
    for (const name of new Set([...names, ...(await source.listNames())])) {
      const known = await judged(source, name, anchors);
      if (known !== undefined && !contracts.has(known.digest)) contracts.set(known.digest, known);
    }
  }
  return { anchors: outcomes, contracts: [...contracts.values()] };
};
