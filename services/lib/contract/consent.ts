// Consent is a signature on a contract by every owner in it, and a revocation is a signature of any owner.

import { addSignature, ed25519KeyOf, SealingError, signEnvelope, verifyEnvelope } from "#sealing";
import type { Envelope, EnvelopeSigner } from "#sealing";
import { ownersOf } from "./columns.ts";
import { ContractError, malformed, problem } from "./contract-error.ts";
import type { Contract } from "./contract.ts";
import { contractDigest, contractPayload, parseContract } from "./parse-contract.ts";
import { payloadOf } from "./payload-of.ts";
import { CONTRACT_TYPE, parseStatement, statementPayload, statementTypes, type Revocation } from "./statements.ts";

/** Owners' keys that the verifier knows from elsewhere, `ed25519:` by party. */
export type OwnKeys = Readonly<Record<string, string>>;

/** A contract and who has consented to it. */
export interface Consent {
  readonly contract: Contract;
  /** `sha256:` of the payload. */
  readonly digest: string;
  /** The exact bytes that were signed. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Owners whose valid signature is missing, in code-point order; the contract binds when there is none. */
  readonly missing: readonly string[];
}

/**
 * Signs a contract as one owner. The other owners' signatures come by `cosignContract`.
 *
 * @throws ContractError CONTRACT_MALFORMED: nobody signs what does not parse
 */
export async function signContract(contract: Contract, signer: EnvelopeSigner): Promise<Envelope> {
  const payload = contractPayload(contract);
  parseContract(payload);
  return signEnvelope(CONTRACT_TYPE, payload, signer);
}

/**
 * Adds an owner's signature to a signed contract.
 *
 * @throws ContractError CONTRACT_MALFORMED, STATEMENT_MALFORMED when the envelope holds no contract
 */
export async function cosignContract(envelope: Envelope, signer: EnvelopeSigner): Promise<Envelope> {
  parseContract(payloadOf(envelope, CONTRACT_TYPE));
  return addSignature(envelope, signer);
}

/**
 * Says who has consented to a contract. A signature counts for an owner when it holds under the owner's key;
 * signatures of others
 * count for nobody.
 *
 * `ownKeys` are keys that the verifier does not take from the contract: a broker's own owner's key comes from its
 * configuration.
 * An owner whom the contract gives another key is missing, and so is a party of `ownKeys` that owns nothing in the
 * contract.
 *
 * @throws ContractError CONTRACT_MALFORMED, STATEMENT_MALFORMED
 */
export async function verifyConsent(
  envelope: Envelope,
  options: { readonly ownKeys?: OwnKeys } = {},
): Promise<Consent> {
  const payload = payloadOf(envelope, CONTRACT_TYPE);
  const contract = parseContract(payload);
  const own = new Map(Object.entries(options.ownKeys ?? {}));
  const owners = new Set(ownersOf(contract));
  const missing: string[] = [];
  for (const owner of [...new Set([...owners, ...own.keys()])].toSorted()) {
    const named = Object.hasOwn(contract.parties, owner) ? contract.parties[owner]?.owner_key : undefined;
    const key = own.has(owner) && own.get(owner) !== named ? undefined : named;
    if (!owners.has(owner) || key === undefined || !(await signedBy(envelope, CONTRACT_TYPE, key))) missing.push(owner);
  }
  return { contract, digest: await contractDigest(payload), payload, missing };
}

/** Signs, as an owner, that a contract ends. `contract` is its digest, `time` RFC 3339 in UTC. */
export async function signRevocation(
  revocation: { readonly contract: string; readonly time: string },
  signer: EnvelopeSigner,
): Promise<Envelope> {
  const payload = statementPayload("revocation", { v: 1, type: "revocation", ...revocation });
  return signEnvelope(statementTypes.revocation, payload, signer);
}

/**
 * Verifies that an owner of the contract ended it.
 *
 * @returns the statement and the owners who signed it, one at least
 * @throws ContractError STATEMENT_MALFORMED; STATEMENT_UNSIGNED when no owner of this contract signed, or another
 * contract is meant
 */
export async function verifyRevocation(
  envelope: Envelope,
  { contract, digest, ownKeys = {} }: Pick<Consent, "contract" | "digest"> & { readonly ownKeys?: OwnKeys },
): Promise<Revocation & { readonly by: readonly string[] }> {
  const revocation = parseStatement("revocation", payloadOf(envelope, statementTypes.revocation));
  if (revocation.contract !== digest) {
    throw new ContractError("STATEMENT_UNSIGNED", `revocation is of contract ${revocation.contract}, want ${digest}`);
  }
  const own = new Map(Object.entries(ownKeys));
  const by: string[] = [];
  for (const owner of ownersOf(contract)) {
    const key = own.get(owner) ?? contract.parties[owner]?.owner_key;
    if (key !== undefined && (await signedBy(envelope, statementTypes.revocation, key))) by.push(owner);
  }
  if (by.length > 0) return { ...revocation, by };
  const message = `no owner of contract ${digest} signed its revocation, want one of ${ownersOf(contract).join(", ")}`;
  throw new ContractError("STATEMENT_UNSIGNED", message);
}

async function signedBy(envelope: Envelope, payloadType: string, key: string): Promise<boolean> {
  try {
    await verifyEnvelope(envelope, { payloadType, keys: new Map([[key, ed25519KeyOf(key)]]), threshold: "all" });
    return true;
  } catch (error) {
    if (error instanceof SealingError && error.code === "SIGNATURE_INVALID") return false;
    if (error instanceof SealingError) {
      throw malformed("STATEMENT_MALFORMED", "envelope", [problem([], error.message)], { cause: error });
    }
    throw error;
  }
}
