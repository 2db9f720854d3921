// A contract as this browser knows it: who signed it, and whether the reader's anchor names it. Only such a contract proves anything.
import { verifyConsent, type Consent, type Contract } from "#contract";
import type { Envelope } from "#sealing";

/** A contract whose signatures were verified here. */
export interface KnownContract extends Pick<Consent, "contract" | "digest" | "missing"> {
  /** Whether the reader's anchor is the digest of this very payload. */
  readonly anchored: boolean;
}

/**
 * What a finding means to the reader. `proven`: this browser verified it, with an anchor from outside the mesh. `not-proven`: it may
 * well hold, but what it was compared with came through the gateway. `failed`: it does not hold.
 */
export type Standing = "proven" | "not-proven" | "failed";

/** Whether what follows from a contract is proven: the anchor names it, and every owner signed it. */
export const isBinding = (known: KnownContract | undefined): boolean =>
  known !== undefined && known.anchored && known.missing.length === 0;

/** The standing of something that was compared with a contract. Without an anchor nothing is proven. */
export const standingOf = (holds: boolean, known: KnownContract | undefined): Standing => {
  if (!holds) return "failed";
  return isBinding(known) ? "proven" : "not-proven";
};

/**
 * Verifies the signatures of a contract and compares its digest with the anchors.
 *
 * @throws ContractError CONTRACT_MALFORMED, STATEMENT_MALFORMED
 */
export const judgeContract = async (statement: Envelope, anchors: readonly string[]): Promise<KnownContract> => {
  const { contract, digest, missing } = await verifyConsent(statement);
  return { contract, digest, missing, anchored: anchors.includes(digest) };
};

/** The contract to compare something with: a binding one, if there is one that speaks of it. */
export const contractAbout = (
  contracts: readonly KnownContract[],
  speaksOf: (contract: Contract) => boolean,
): KnownContract | undefined => {
  const candidates = contracts.filter(({ contract }) => speaksOf(contract));
  return candidates.find(isBinding) ?? candidates.find(({ anchored }) => anchored) ?? candidates[0];
};

/** Whether a contract is in force by a clock. */
export const isValidAt = ({ valid }: Contract, now: Date): boolean =>
  Date.parse(valid.from) <= now.getTime() && now.getTime() < Date.parse(valid.until);
