// Counts evidence that could not be verified: one log entry per code and minute, so that strangers cannot fill the log.

const MINUTE_MS = 60_000;

/** What is counted in a minute. */
export interface MinuteOfRefusals {
  /** The minute's beginning. */
  readonly minute: Date;
  readonly reason: string;
  readonly count: number;
}

/** Counts refusals and hands over each minute when it is over. */
export interface RefusalCounter {
  count(reason: string): void;
  /** Hands over what is counted so far, the current minute too. */
  flush(): Promise<void>;
}

/**
 * @param options.now milliseconds since the epoch
 * @param options.record is called once per code and minute
 */
export const createRefusalCounter = (options: {
  readonly now: () => number;
  readonly record: (entry: MinuteOfRefusals) => Promise<void>;
  readonly onError: (error: unknown) => void;
}): RefusalCounter => {
  let minute = 0;
  let counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const over = counts;
    counts = new Map();
    for (const [reason, count] of over) await options.record({ minute: new Date(minute), reason, count });
  };

  return {
    count(reason) {
      if (timer === undefined) {
        minute = Math.floor(options.now() / MINUTE_MS) * MINUTE_MS;
        timer = setTimeout(() => void flush().catch(options.onError), minute + MINUTE_MS - options.now());
        timer.unref();
      }
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    },
    flush,
  };
};
