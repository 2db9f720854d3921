import type { Attack } from "../attack.ts";
import { attemptEach, outcomeOf } from "../attempt.ts";
import { isRefusedForItsCode } from "../host-data.ts";
import { runAnalysis } from "../runs.ts";
import { unprepared } from "../snooper-error.ts";

/** Has changed code ask for the keys. */
export const changedCode: Attack = {
  id: "changed-code",
  title: "Starts the analytics service from a copy with one changed file, in a TEE, and has it run the analysis",
  defence:
    "HOST_DATA is the digest of every file of the workload: one changed comment is another digest, and no contract names it",
  applies: ({ changedAnalytics, analyses }) => changedAnalytics !== undefined && analyses.length > 0,
  async *run(context) {
    const { changedAnalytics, analyses } = context;
    if (changedAnalytics === undefined) throw unprepared("no changed analytics service was started");
    yield `a copy of the analytics service with a changed comment runs at ${changedAnalytics.address} and makes genuine evidence`;
    const attempts = yield* attemptEach(
      analyses.map((analysis) => ({
        attempt: `the changed service runs ${analysis.contract}/${analysis.query}`,
        fitting: isRefusedForItsCode,
        run: async () => {
          const { document } = await runAnalysis(context, changedAnalytics, analysis);
          return `it got the keys and gave a result of ${document.length} characters`;
        },
      })),
    );
    return outcomeOf(attempts, "no key; the service's code is for everyone to read");
  },
};
