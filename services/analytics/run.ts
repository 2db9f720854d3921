// One run and its events. Events are numbered and kept, so that whoever lost the stream finds it again where it was.
import type { Evidence } from "#attestation";
import type { Envelope } from "#sealing";
import type { OutputSchema } from "./engine/index.ts";

/** What happened in a run, before it is numbered. */
export type RunEvent =
  | { readonly kind: "started"; readonly started: RunStarted }
  | { readonly kind: "progress"; readonly progress: RunProgress }
  | { readonly kind: "result"; readonly result: RunResult };

/** The contract and the query of a run. */
export interface RunStarted {
  readonly contract: string;
  readonly version: number;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly query: string;
}

/** What a run is doing. */
export type RunStage = "APPRAISING" | "OBTAINING_KEYS" | "AGGREGATING" | "SIGNING";

/** How far a run is, for one party or, with an empty name, for all. Rows and bytes only. */
export interface RunProgress {
  readonly stage: RunStage;
  readonly party: string;
  readonly rowsDone: number;
  readonly rowsTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Over all parties; 0 when not known. */
  readonly rowsPerSecond: number;
  readonly remainingMs?: number;
}

/** A signed result, as the wire carries it. */
export interface RunResult {
  /** Canonical JSON of the result document. */
  readonly document: string;
  readonly schemas: readonly OutputSchema[];
  readonly statement: Envelope;
  readonly evidence: Evidence;
}

/** An event with its number, from 1, and when it happened. */
export interface NumberedEvent {
  readonly sequence: number;
  readonly time: Date;
  readonly event: RunEvent;
}

/** A run that is under way or remembered. */
export interface Run {
  /** 32 hex digits. */
  readonly id: string;
  readonly signal: AbortSignal;
  /** Adds an event and wakes whoever follows. */
  emit(event: RunEvent): void;
  /** Ends the run: with an error, or well. Nothing is added after. */
  end(error?: unknown): void;
  /** Asks the work to stop. */
  cancel(reason: unknown): void;
  readonly state: "running" | "done" | "failed";
  /** The result of a run that is done. */
  readonly result: RunResult | undefined;
  /** When it ended, in milliseconds since the epoch. */
  readonly ended: number | undefined;
  /**
   * The events after a number, then those to come, until the run ends. Leaving does not end the run.
   *
   * @throws the error with which the run ended
   */
  follow(after: number, signal: AbortSignal): AsyncGenerator<NumberedEvent>;
}

/** Makes a run that has not begun. */
export const createRun = (id: string, now: () => number): Run => {
  const events: NumberedEvent[] = [];
  const controller = new AbortController();
  let wake = Promise.withResolvers<void>();
  let outcome: { readonly error?: unknown; readonly ended: number } | undefined;

  const rouse = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };

  return {
    id,
    signal: controller.signal,
    emit(event) {
      if (outcome !== undefined) return;
      events.push({ sequence: events.length + 1, time: new Date(now()), event });
      rouse();
    },
    end(error) {
      outcome ??= { ended: now(), ...(error === undefined ? {} : { error }) };
      rouse();
    },
    cancel: (reason) => controller.abort(reason),
    get state() {
      if (outcome === undefined) return "running";
      return outcome.error === undefined ? "done" : "failed";
    },
    get result() {
      const last = events.at(-1)?.event;
      return last?.kind === "result" ? last.result : undefined;
    },
    get ended() {
      return outcome?.ended;
    },
    async *follow(after, signal) {
      const left = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      for (let next = after; ;) {
        const woken = wake.promise;
        while (next < events.length) {
          const event = events[next];
          next += 1;
          if (event !== undefined) yield event;
        }
        if (outcome !== undefined) {
          if (outcome.error !== undefined) throw outcome.error;
          return;
        }
        if (signal.aborted) return;
        await Promise.race([woken, left]);
      }
    },
  };
};
