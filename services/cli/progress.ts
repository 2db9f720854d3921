// Progress in the terminal: a bar on stderr when a person watches, nothing otherwise.
import { Presets, SingleBar } from "cli-progress";

/** Shows how far something is. */
export interface Progress {
  update(done: number): void;
  stop(): void;
}

const silent: Progress = { update: () => undefined, stop: () => undefined };

/**
 * Starts a bar.
 *
 * @param label what is done, such as `sealing`
 * @param total how much there is, in `unit`
 */
export const startProgress = (label: string, total: number, unit: string): Progress => {
  if (!process.stderr.isTTY) return silent;
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted} left`,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { update: (done) => bar.update(Math.min(done, total)), stop: () => bar.stop() };
};
