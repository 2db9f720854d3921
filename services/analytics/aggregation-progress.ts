// How far aggregation is, as events: often enough to watch, seldom enough not to be a load.
import type { Run, RunStage } from "./run.ts";

const EVERY_MS = 100;

/** Counts one party's rows and bytes. */
export interface PartyProgress {
  addBytes(count: number): void;
  addRows(count: number): void;
}

/** Counts all parties. */
export interface AggregationProgress {
  party(name: string, totals: { readonly rows: number; readonly bytes: number }): PartyProgress;
}

/** An event without numbers: a stage has begun for a party, or for all. */
export const announceStage = (run: Run, stage: RunStage, party = ""): void =>
  run.emit({
    kind: "progress",
    progress: { stage, party, rowsDone: 0, rowsTotal: 0, bytesDone: 0, bytesTotal: 0, rowsPerSecond: 0 },
  });

/** @param now milliseconds on a clock that never goes back */
export const createAggregationProgress = (run: Run, now: () => number): AggregationProgress => {
  const began = now();
  const all = { rowsDone: 0, rowsTotal: 0 };

  const rate = () => {
    const seconds = (now() - began) / 1000;
    const rowsPerSecond = seconds > 0 ? all.rowsDone / seconds : 0;
    const left = all.rowsTotal - all.rowsDone;
    return { rowsPerSecond, ...(rowsPerSecond > 0 ? { remainingMs: Math.round((left / rowsPerSecond) * 1000) } : {}) };
  };

  return {
    party(name, totals) {
      const own = { rowsDone: 0, bytesDone: 0 };
      let last = Number.NEGATIVE_INFINITY;
      all.rowsTotal += totals.rows;
      const tell = (): void => {
        const isDone = own.rowsDone === totals.rows;
        if (!isDone && now() - last < EVERY_MS) return;
        last = now();
        run.emit({
          kind: "progress",
          progress: {
            stage: "AGGREGATING",
            party: name,
            ...own,
            rowsTotal: totals.rows,
            bytesTotal: totals.bytes,
            ...rate(),
          },
        });
      };
      tell();
      return {
        addBytes(count) {
          own.bytesDone += count;
          tell();
        },
        addRows(count) {
          own.rowsDone += count;
          all.rowsDone += count;
          tell();
        },
      };
    },
  };
};
