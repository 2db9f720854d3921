// The broker's log: one signed statement a line, appended and flushed to disk before the act that it records is answered.
import { closeSync, existsSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { signEnvelope, type Envelope } from "#sealing";
import { openDurablyForAppend, type Signer } from "#sealing-node";

/** One entry: its place, from 0, and the signed statement. */
export interface LedgerEntry {
  readonly index: number;
  readonly statement: Envelope;
}

/** The log of one broker. */
export interface Ledger {
  /** All entries, oldest first. */
  readonly entries: readonly LedgerEntry[];
  /** Signs a payload, appends it and flushes; what throws here did not happen. */
  append(payloadType: string, payload: Uint8Array): Promise<Envelope>;
}

/** The whole lines of a log; a last line that was cut off by a crash is removed, its act was never answered. */
const readLines = (file: string): readonly string[] => {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  const end = text.lastIndexOf("\n") + 1;
  if (end < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, end)));
  return text.slice(0, end).split("\n").slice(0, -1);
};

/** Opens the log in a file; makes it when it is not there. */
export const openLedger = (file: string, signer: Signer): Ledger => {
  const entries: LedgerEntry[] = readLines(file).map((line, index) => ({
    index,
    statement: JSON.parse(line) as Envelope,
  })); // written by append alone
  const descriptor = openDurablyForAppend(file, { mode: 0o600 });
  process.once("exit", () => closeSync(descriptor));
  return {
    entries,
    async append(payloadType, payload) {
      const statement = await signEnvelope(payloadType, payload, signer);
      writeSync(descriptor, `${JSON.stringify(statement)}\n`);
      entries.push({ index: entries.length, statement });
      return statement;
    },
  };
};
