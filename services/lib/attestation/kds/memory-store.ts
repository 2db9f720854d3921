import { copyOf } from "../encoding/bytes.ts";
import type { CollateralStore } from "./kds-client.ts";

/** Evidence decides what is asked for, so that what is kept has an end: about 2 KiB each. */
const MAX_KEPT = 1_024;

/** Keeps collateral for as long as the process or the page lives; of more than 1,024 things, the oldest goes. */
export function createMemoryStore(): CollateralStore {
  const kept = new Map<string, Uint8Array>();
  return {
    async get(path) {
      return kept.get(path) ?? null;
    },
    async put(path, bytes) {
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size >= MAX_KEPT && !kept.has(path)) kept.delete(oldest);
      kept.set(path, copyOf(bytes));
    },
  };
}
