// The contracts that a broker knows: which version is in force under each name, and the highest version ever seen.
import { existsSync, readFileSync } from "node:fs";
import * as v from "valibot";
import {
  ContractError,
  parseStatement,
  payloadOf,
  statementTypes,
  verifyConsent,
  verifyRevocation,
  type Contract,
} from "#contract";
import { parseEnvelope, type Envelope } from "#sealing";
import { writeDurably } from "#sealing-node";
import { BrokerError } from "./broker-error.ts";

/** Where a contract stands, by the broker's clock. */
export type BookState = "ACTIVE" | "RETIRED" | "EXPIRED" | "REVOKED" | "NOT_YET_VALID";

/** A contract that was activated here. */
export interface KnownContract {
  readonly contract: Contract;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly statement: Envelope;
  readonly activated: Date;
  readonly revoked: boolean;
}

/** What has to be true of a contract beside its signatures before this broker takes it into force. */
export type CheckContract = (contract: Contract) => Promise<void>;

const bookSchema = v.strictObject({
  v: v.literal(1),
  contracts: v.array(v.strictObject({ statement: v.unknown(), activated: v.string(), revoked: v.boolean() })),
});

/** The contracts of one broker. */
export interface ContractBook {
  /**
   * Takes a contract into force, if its version is higher than any seen under its name. The one in force again changes nothing.
   *
   * @returns the contract, and whether it is newly in force
   * @throws {BrokerError} CONSENT_MISSING, CONTRACT_VERSION_OLD, CONTRACT_REVOKED, CONTRACT_EXPIRED, and what the check throws
   */
  activate(statement: Envelope): Promise<{ readonly known: KnownContract; readonly isNew: boolean }>;
  /** @throws {BrokerError} CONTRACT_UNKNOWN, CONSENT_MISSING */
  revoke(statement: Envelope): Promise<{ readonly known: KnownContract; readonly isNew: boolean }>;
  /**
   * Finds a contract by name (the highest version) or digest.
   *
   * @throws {BrokerError} CONTRACT_UNKNOWN
   */
  find(reference: string): KnownContract;
  stateOf(known: KnownContract): BookState;
  /** @throws {BrokerError} CONTRACT_RETIRED, CONTRACT_EXPIRED, CONTRACT_REVOKED, CONTRACT_NOT_YET_VALID */
  requireInForce(known: KnownContract): void;
}

const consentOf = async (statement: Envelope, ownKeys: Readonly<Record<string, string>>) => {
  const consent = await verifyConsent(statement, { ownKeys });
  if (consent.missing.length > 0) {
    throw new BrokerError("CONSENT_MISSING", `the signature of ${consent.missing.join(" and ")} is missing or wrong`, {
      missing: consent.missing.join(","),
    });
  }
  return consent;
};

/**
 * Opens the book in a file. What is in it is verified again: the file is the broker's own, yet a signature is checked where it is used.
 *
 * @param options.ownKeys the owner's key by its party, from the broker's configuration
 */
export const openContractBook = async (options: {
  readonly file: string;
  readonly ownKeys: Readonly<Record<string, string>>;
  readonly check: CheckContract;
  readonly now: () => number;
}): Promise<ContractBook> => {
  const { file, ownKeys, check, now } = options;
  let known: readonly KnownContract[] = [];
  if (existsSync(file)) {
    const { contracts } = v.parse(bookSchema, JSON.parse(readFileSync(file, "utf8")));
    known = await Promise.all(
      contracts.map(async ({ statement, activated, revoked }) => {
        const envelope = parseEnvelope(statement);
        const { contract, digest } = await consentOf(envelope, ownKeys);
        return { contract, digest, statement: envelope, activated: new Date(activated), revoked };
      }),
    );
  }

  const keep = (changed: readonly KnownContract[]): void => {
    const contracts = changed.map(({ statement, activated, revoked }) => ({
      statement,
      activated: activated.toISOString(),
      revoked,
    }));
    writeDurably(file, `${JSON.stringify({ v: 1, contracts }, null, 1)}\n`, { mode: 0o600 });
    known = changed;
  };

  const versionsOf = (name: string): readonly KnownContract[] =>
    known
      .filter(({ contract }) => contract.contract === name)
      .toSorted((a, b) => b.contract.version - a.contract.version);

  const find = (reference: string): KnownContract => {
    const found = reference.startsWith("sha256:")
      ? known.find(({ digest }) => digest === reference)
      : versionsOf(reference)[0];
    if (found === undefined) {
      throw new BrokerError("CONTRACT_UNKNOWN", `no contract ${reference} is known here`, { contract: reference });
    }
    return found;
  };

  const stateOf = (candidate: KnownContract): BookState => {
    const { contract, digest, revoked } = candidate;
    if (revoked) return "REVOKED";
    if (versionsOf(contract.contract)[0]?.digest !== digest) return "RETIRED";
    if (now() < Date.parse(contract.valid.from)) return "NOT_YET_VALID";
    return now() < Date.parse(contract.valid.until) ? "ACTIVE" : "EXPIRED";
  };

  return {
    find,
    stateOf,
    requireInForce(candidate) {
      const state = stateOf(candidate);
      if (state === "ACTIVE") return;
      const { contract, version, valid } = candidate.contract;
      throw new BrokerError(
        `CONTRACT_${state}`,
        `version ${version} of ${contract} is ${state.toLowerCase().replaceAll("_", " ")}`,
        {
          contract,
          version,
          from: valid.from,
          until: valid.until,
        },
      );
    },
    async activate(statement) {
      const { contract, digest } = await consentOf(statement, ownKeys);
      if (versionsOf(contract.contract)[0]?.digest !== digest) await check(contract);
      // From here on nothing is awaited: what is compared is what is written over.
      const [highest] = versionsOf(contract.contract);
      if (highest?.digest === digest) return { known: highest, isNew: false };
      if (highest !== undefined && contract.version <= highest.contract.version) {
        throw new BrokerError(
          "CONTRACT_VERSION_OLD",
          `version ${contract.version} is not above ${highest.contract.version}`,
          {
            contract: contract.contract,
            version: contract.version,
            highest: highest.contract.version,
          },
        );
      }
      if (now() >= Date.parse(contract.valid.until)) {
        throw new BrokerError("CONTRACT_EXPIRED", `the contract ended at ${contract.valid.until}`, {
          until: contract.valid.until,
        });
      }
      const activated = { contract, digest, statement, activated: new Date(now()), revoked: false };
      keep([...known, activated]);
      return { known: activated, isNew: true };
    },
    async revoke(statement) {
      // Which contract it is about decides whose signature is asked for.
      const before = find(parseStatement("revocation", payloadOf(statement, statementTypes.revocation)).contract);
      try {
        await verifyRevocation(statement, { ...before, ownKeys });
      } catch (cause) {
        if (!(cause instanceof ContractError) || cause.code !== "STATEMENT_UNSIGNED") throw cause;
        throw new BrokerError(
          "CONSENT_MISSING",
          "no owner of the contract signed its revocation",
          { contract: before.digest },
          { cause },
        );
      }
      if (before.revoked) return { known: before, isNew: false };
      const revoked = { ...before, revoked: true };
      keep(known.map((candidate) => (candidate === before ? revoked : candidate)));
      return { known: revoked, isNew: true };
    },
  };
};
