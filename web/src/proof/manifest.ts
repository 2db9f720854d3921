// A dataset's manifest: signed by the owner whom the contract names, and the version that the contract is about.
import { partyOf } from "#contract";
import {
  ed25519KeyOf,
  MANIFEST_TYPE,
  manifestDigest,
  parseManifest,
  SealingError,
  verifyEnvelope,
  type Envelope,
  type Manifest,
} from "#sealing";
import { contractAbout, type KnownContract } from "./known-contract.ts";

/** How a manifest came out. */
export interface ManifestProof {
  /** The contract whose owner key was used; absent when no known contract names the dataset's owner. */
  readonly known?: KnownContract;
  /** Absent when the signature does not hold, or there was no key to verify it with. */
  readonly manifest?: Manifest;
  /** Whether the contract is about this very version. */
  readonly isContracted: boolean;
  /** Why it is refused: a stable code and words. */
  readonly failure?: { readonly code: string; readonly message: string };
}

/** Proves the manifest of a dataset against the contracts that are known. A failed proof is an answer, not an error. */
export const proveManifest = async (
  statement: Envelope,
  dataset: string,
  contracts: readonly KnownContract[],
): Promise<ManifestProof> => {
  const owner = partyOf(dataset);
  const known = contractAbout(contracts, ({ parties }) => parties[owner]?.owner_key !== undefined);
  const key = known?.contract.parties[owner]?.owner_key;
  if (known === undefined || key === undefined) return { isContracted: false };
  try {
    const requirement = {
      payloadType: MANIFEST_TYPE,
      keys: new Map([[key, ed25519KeyOf(key)]]),
      threshold: "all" as const,
    };
    const payload = await verifyEnvelope(statement, requirement);
    const manifest = parseManifest(payload);
    if (manifest.dataset !== dataset) {
      const message = `manifest is of ${manifest.dataset}, want ${dataset}`;
      return { known, isContracted: false, failure: { code: "MANIFEST_MALFORMED", message } };
    }
    const digest = await manifestDigest(payload);
    const about = contractAbout(contracts, ({ datasets }) => datasets[dataset]?.manifest === digest);
    return { known: about ?? known, manifest, isContracted: about !== undefined };
  } catch (error) {
    if (!(error instanceof SealingError)) throw error;
    return { known, isContracted: false, failure: { code: error.code, message: error.message } };
  }
};
