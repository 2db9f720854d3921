// Finds a contract at the brokers and believes it only with every owner's signature.
import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { verifyConsent, type Consent } from "#contract";
import { ContractState } from "#gen/sealmesh/contract/v1alpha1/contract_pb.ts";
import type { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { PeerError } from "./peer-error.ts";
import { toEnvelope } from "./statement-message.ts";

/** A contract that every owner signed. */
export type SignedContract = Omit<Consent, "missing">;

const isNotFound = (error: unknown): boolean => error instanceof ConnectError && error.code === Code.NotFound;

const askOne = async (
  client: Client<typeof KeyBroker>,
  reference: string,
  signal: AbortSignal,
): Promise<SignedContract | undefined> => {
  try {
    const { contract } = await client.getContract({ contract: reference }, { signal });
    const { missing, ...consent } = await verifyConsent(toEnvelope(contract?.statement));
    if (missing.length > 0) {
      throw new PeerError("CONSENT_MISSING", `the contract lacks the signature of ${missing.join(" and ")}`, {
        missing: missing.join(","),
      });
    }
    const isAskedFor = reference.startsWith("sha256:")
      ? consent.digest === reference
      : consent.contract.contract === reference;
    if (!isAskedFor)
      throw new PeerError("CONTRACT_UNKNOWN", `another contract came than ${reference}`, { contract: reference });
    return consent;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

/**
 * Finds a contract by name (the highest version that a broker knows) or by digest. Who its owners are, the contract itself says:
 * what binds a result to the contract that the reader meant is its digest, in the claims of every piece of evidence.
 *
 * @param clients the brokers to ask
 * @throws {PeerError} CONTRACT_UNKNOWN, CONSENT_MISSING
 * @throws {ConnectError} when a broker cannot be reached and none of the others knows the contract
 */
export const findContract = async (
  clients: readonly Client<typeof KeyBroker>[],
  reference: string,
  signal: AbortSignal,
): Promise<SignedContract> => {
  const answers = await Promise.allSettled(clients.map((client) => askOne(client, reference, signal)));
  const found = answers.flatMap((answer) =>
    answer.status === "fulfilled" && answer.value !== undefined ? [answer.value] : [],
  );
  const [highest] = found.toSorted((a, b) => b.contract.version - a.contract.version);
  if (highest !== undefined) return highest;
  const failed = answers.find((answer) => answer.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  throw new PeerError("CONTRACT_UNKNOWN", `no broker knows a contract ${reference}`, { contract: reference });
};

/**
 * Asks a broker whether a contract is still in force there: an owner may have revoked it while a run was under way.
 *
 * @param digest `sha256:` and 64 hex digits
 * @throws {PeerError} CONTRACT_ENDED
 */
export const requireStillInForce = async (
  broker: { readonly client: Client<typeof KeyBroker>; readonly party: string },
  digest: string,
  signal: AbortSignal,
): Promise<void> => {
  const { contract } = await broker.client.getContract({ contract: digest }, { signal });
  if (contract?.state === ContractState.ACTIVE) return;
  throw new PeerError("CONTRACT_ENDED", `the contract is no longer in force at ${broker.party}'s broker`, {
    party: broker.party,
    contract: digest,
  });
};
