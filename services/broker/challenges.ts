// Nonces that one release may use once. They live in memory only: after a restart every nonce from before is unknown.
import { randomBytes } from "node:crypto";
import { BrokerError } from "./broker-error.ts";

const LIFETIME_MS = 120_000;
/** More than this many open nonces means a flood: the oldest is forgotten first. */
const MOST_OPEN = 10_000;

/** The open nonces of one broker. */
export interface Challenges {
  /** Hands out a fresh nonce of 32 bytes. */
  create(): { readonly nonce: Uint8Array; readonly expires: Date };
  /**
   * Spends a nonce, whatever comes of it.
   *
   * @throws {BrokerError} NONCE_UNKNOWN when it was never handed out or is spent, NONCE_STALE when it is too old
   */
  spend(nonce: Uint8Array): void;
}

/** @param now milliseconds since the epoch */
export const createChallenges = (now: () => number): Challenges => {
  // In the order of creation, so that the first is always the oldest.
  const open = new Map<string, number>();
  return {
    create() {
      const nonce = randomBytes(32);
      const expires = now() + LIFETIME_MS;
      open.set(nonce.toString("hex"), expires);
      for (const oldest of open.keys()) {
        if (open.size <= MOST_OPEN) break;
        open.delete(oldest);
      }
      return { nonce, expires: new Date(expires) };
    },
    spend(nonce) {
      const key = Buffer.from(nonce).toString("hex");
      const expires = open.get(key);
      open.delete(key);
      if (expires === undefined) throw new BrokerError("NONCE_UNKNOWN", "the nonce was never handed out or is spent");
      if (now() > expires) throw new BrokerError("NONCE_STALE", "the nonce is older than two minutes");
    },
  };
};
