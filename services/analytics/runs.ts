// The runs that are under way or remembered, bounded in number and time.
import { randomBytes } from "node:crypto";
import { AnalyticsError } from "./analytics-error.ts";
import { createRun, type Run } from "./run.ts";

const MOST_RUNNING = 4;
const MOST_REMEMBERED = 200;
const REMEMBERED_MS = 3_600_000;

/** All runs of this service. */
export interface Runs {
  /**
   * Starts a run, or finds the one that the same request id started.
   *
   * @param requestId empty: always a new run
   * @param work does the run; what it throws ends the run
   * @throws {AnalyticsError} RUNS_LIMITED
   */
  start(requestId: string, work: (run: Run) => Promise<void>): Run;
  /** @throws {AnalyticsError} RUN_UNKNOWN */
  find(id: string): Run;
  /** Cancels what is under way and waits for it. */
  close(): Promise<void>;
}

/** @param onFailure hears of every run that ends with an error */
export const createRuns = (options: {
  readonly now: () => number;
  readonly onFailure: (run: Run, error: unknown) => void;
}): Runs => {
  const { now, onFailure } = options;
  const runs = new Map<string, Run>();
  const byRequest = new Map<string, Run>();
  const working = new Set<Promise<void>>();

  const forgetOld = (): void => {
    const ended = [...runs.values()].filter((run) => run.ended !== undefined);
    const excess = ended.length - MOST_REMEMBERED;
    const old = ended.filter((run, index) => index < excess || now() - (run.ended ?? 0) > REMEMBERED_MS);
    for (const run of old) {
      runs.delete(run.id);
      for (const [requestId, known] of byRequest) if (known === run) byRequest.delete(requestId);
    }
  };

  return {
    start(requestId, work) {
      forgetOld();
      const known = byRequest.get(requestId);
      if (known !== undefined) return known;
      if (working.size >= MOST_RUNNING) {
        throw new AnalyticsError("RUNS_LIMITED", `${working.size} runs are under way, ${MOST_RUNNING} at most`, {
          running: working.size,
        });
      }
      const run = createRun(randomBytes(16).toString("hex"), now);
      runs.set(run.id, run);
      if (requestId !== "") byRequest.set(requestId, run);
      const done = work(run).then(
        () => run.end(),
        (error: unknown) => {
          const cause = run.signal.aborted ? run.signal.reason : error;
          onFailure(run, cause);
          run.end(cause);
        },
      );
      working.add(done);
      void done.finally(() => working.delete(done));
      return run;
    },
    find(id) {
      const run = runs.get(id);
      if (run === undefined) throw new AnalyticsError("RUN_UNKNOWN", `no run ${id} is remembered`, { run: id });
      return run;
    },
    async close() {
      const reason = new AnalyticsError("RUN_CANCELLED", "the service is stopping");
      for (const run of runs.values()) run.cancel(reason);
      await Promise.allSettled(working);
    },
  };
};
