// A run followed to its end. A stream that breaks is taken up where it was: the run goes on without its caller.
import type { Client } from "@connectrpc/connect";
import type { AnalysisEvent, Analytics } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { toFailure } from "./failure.ts";

/** A run that is to be started, or one that was. */
export type RunReference =
  | { readonly contract: string; readonly query: string; readonly requestId: string }
  | { readonly run: string };

/** How a run is followed. */
export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Called when the stream broke, before each new attempt, with the time until then in milliseconds. */
  readonly onBroken: (waitMs: number) => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const MOST_ATTEMPTS = 12;

const wait = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });

/**
 * Yields the events of a run, each once and in order, the result last.
 *
 * @throws ConnectError with which the run ended, or the last one when nobody answers for long
 */
export async function* followRun(
  client: Client<typeof Analytics>,
  reference: RunReference,
  { signal, onBroken }: FollowOptions,
): AsyncGenerator<AnalysisEvent> {
  let run = "run" in reference ? reference.run : "";
  let after = 0n;
  for (let attempt = 0; ; attempt += 1) {
    let failure: unknown = new TypeError("the stream ended before the run");
    try {
      // The same request id finds the same run, should the first event have been lost.
      const stream =
        "run" in reference || run !== ""
          ? client.watchAnalysis({ run, after }, { signal })
          : client.runAnalysis(reference, { signal });
      for await (const { event } of stream) {
        if (event === undefined || event.sequence <= after) continue;
        ({ run, sequence: after } = event);
        attempt = 0;
        yield event;
        if (event.event.case === "result") return;
      }
    } catch (error) {
      if (signal.aborted || toFailure(error).kind !== "disconnected") throw error;
      failure = error;
    }
    if (attempt >= MOST_ATTEMPTS) throw failure;
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
    onBroken(waitMs);
    await wait(waitMs, signal);
  }
}
