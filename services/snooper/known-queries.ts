// What everyone may know of the contracts in force: which query reads whose data, and which workload gets the keys.
import { partyOf, type Contract, type Query } from "#contract";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { findContract } from "#mesh";
import { targetsOf, type AttackContext, type Target } from "./attack.ts";
import { unprepared } from "./snooper-error.ts";

/** A query of a contract in force. */
export interface KnownQuery {
  readonly contract: Contract;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly name: string;
  readonly query: Query;
}

/**
 * The queries of all contracts, as the brokers show them to anyone.
 *
 * @throws {PeerError} when no broker knows a contract
 */
export const knownQueries = async (context: AttackContext): Promise<readonly KnownQuery[]> => {
  const brokers = targetsOf(context, "broker").map((broker) => context.reach(broker, KeyBroker));
  const contracts = await Promise.all(context.contracts.map((name) => findContract(brokers, name, context.signal)));
  return contracts.flatMap(({ contract, digest }) =>
    Object.entries(contract.queries).map(([name, query]) => ({ contract, digest, name, query })),
  );
};

/**
 * A query for which this broker releases keys, and the workload that gets them.
 *
 * @throws {SnooperError} ATTACK_UNPREPARED
 */
export const queryAt = (
  queries: readonly KnownQuery[],
  broker: Target,
  targets: readonly Target[],
): { readonly known: KnownQuery; readonly runner: Target } => {
  const known = queries.find(({ query }) => query.over.some((dataset) => partyOf(dataset) === broker.party));
  const runner = targets.find(({ label }) => label === known?.query.run_by);
  if (known === undefined || runner === undefined)
    throw unprepared(`no workload that can be reached gets keys of ${broker.label}`, { broker: broker.label });
  return { known, runner };
};
