import { unavailable } from "./platform-error.ts";

/** How long a channel to a secure processor lasts, and each request over it. */
export interface Lifetime {
  /**
   * Does one request. Work that does not heed the signal goes on alone, and nobody waits for it any more.
   *
   * @throws {PlatformError} REPORT_UNAVAILABLE when the time is up or the channel has ended; whatever `work` throws
   */
  request<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  end(): void;
}

const ENDED = "channel to the secure processor was given up";

/** @param timeoutMs how long one request may take, in milliseconds */
export const createLifetime = (timeoutMs: number): Lifetime => {
  const open = new Set<(why: string) => void>();
  let isEnded = false;
  return {
    async request(work) {
      if (isEnded) throw unavailable(ENDED);
      const controller = new AbortController();
      const { promise, reject } = Promise.withResolvers<never>();
      const giveUp = (why: string): void => {
        // Rejected first, so that this is the error that is seen and not what the work makes of the signal.
        reject(unavailable(why));
        controller.abort();
      };
      const late = setTimeout(giveUp, timeoutMs, `no report within ${timeoutMs} ms`);
      open.add(giveUp);
      try {
        return await Promise.race([promise, work(controller.signal)]);
      } finally {
        clearTimeout(late);
        open.delete(giveUp);
      }
    },
    end() {
      isEnded = true;
      for (const giveUp of open) giveUp(ENDED);
    },
  };
};
