// A broker's log, entry by entry: signed by the broker's key that the contract names. A signature proves who said it; nothing here
// proves that no entry was left out.
import { ContractError, parseStatement, statementTypes, type Statements } from "#contract";
import { ed25519KeyOf, SealingError, verifyEnvelope, type Envelope } from "#sealing";
import { contractAbout, type KnownContract } from "./known-contract.ts";

const kinds = ["release", "denial", "activation", "refusals"] as const;
type EntryKind = (typeof kinds)[number];

/** What a broker put down. */
export type LedgerStatement = { readonly [K in EntryKind]: Statements[K] }[EntryKind];

/** One entry and whether its signature holds. */
export interface ProvenEntry {
  readonly index: bigint;
  /** The contract that names the broker's key; absent when none that is known does. */
  readonly known?: KnownContract;
  /** Absent when the signature does not hold, the kind is unknown, or there was no key to verify with. */
  readonly statement?: LedgerStatement;
  readonly failure?: { readonly code: string; readonly message: string };
}

const failed = (code: string, message: string): Pick<ProvenEntry, "failure"> => ({ failure: { code, message } });

/** Proves an entry of a broker's log. A failed proof is an answer, not an error. */
export const proveEntry = async (
  { index, statement }: { readonly index: bigint; readonly statement: Envelope },
  party: string,
  contracts: readonly KnownContract[],
): Promise<ProvenEntry> => {
  const known = contractAbout(contracts, ({ parties }) => parties[party]?.broker !== undefined);
  const key = known?.contract.parties[party]?.broker?.key;
  if (known === undefined || key === undefined) return { index };
  const kind = kinds.find((kind) => statementTypes[kind] === statement.payloadType);
  if (kind === undefined) return { index, known, ...failed("STATEMENT_UNKNOWN", statement.payloadType) };
  try {
    const keys = new Map([[key, ed25519KeyOf(key)]]);
    const payload = await verifyEnvelope(statement, { payloadType: statementTypes[kind], keys, threshold: "all" });
    const said = parseStatement(kind, payload);
    if (said.broker !== party) {
      return { index, known, ...failed("STATEMENT_MALFORMED", `entry is of the broker ${said.broker}, want ${party}`) };
    }
    return { index, known, statement: said };
  } catch (error) {
    if (!(error instanceof SealingError || error instanceof ContractError)) throw error;
    return { index, known, ...failed(error.code, error.message) };
  }
};
