// One analysis: started, followed, taken up again after a reload, cancelled, and its result proved.
import { describeQuery } from "#contract";
import type { AnalysisResult } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { toFailure } from "../mesh/failure.ts";
import { followRun, type RunReference } from "../mesh/follow-run.ts";
import { forgetRun, keepRun, keptRun } from "../mesh/kept-run.ts";
import { toResult } from "../mesh/messages.ts";
import type { Target } from "../mesh/topology.ts";
import { contractAbout, isBinding } from "../proof/known-contract.ts";
import { proveDelivered } from "../proof/result.ts";
import { words } from "../words.ts";
import { button, fill, folded, h } from "./dom.ts";
import { decimalText } from "./format.ts";
import { failureView } from "./marks.ts";
import type { MeshView } from "./mesh-view.ts";
import { createProgressView } from "./progress-view.ts";
import { resultView } from "./result-view.ts";

const { analysis: text } = words;

/** The controls and the output of one analysis, `<contract>/<query>`. */
export const analysisView = (view: MeshView, { label }: Target, analysis: string): HTMLElement => {
  const [contractName = "", query = ""] = analysis.split("/");
  const known = contractAbout(view.contracts, ({ contract }) => contract === contractName);
  const { analytics } = view.clients(label);
  const output = h("div");
  let run = "";

  const showResult = async (message: AnalysisResult): Promise<HTMLElement> => {
    const result = toResult(message);
    if (known === undefined) return resultView(result, message, undefined);
    const { document } = message;
    const verdict = await proveDelivered({ result, document, query, run, known, now: new Date() });
    return resultView(result, message, { verdict, known });
  };

  const start = button(text.run, () => {
    const contract = isBinding(known) && known !== undefined ? known.digest : contractName;
    void follow({ contract, query, requestId: crypto.randomUUID() });
  });
  const cancel = button(
    text.cancel,
    () => {
      cancel.disabled = true;
      // The stream tells how the run ended; a run that ended meanwhile needs no cancelling.
      analytics.cancelAnalysis({ run }).catch(() => (cancel.disabled = false));
    },
    { disabled: true },
  );

  const follow = async (reference: RunReference): Promise<void> => {
    const isResumed = "run" in reference;
    const progress = createProgressView();
    const runLine = h("p", { class: "note" });
    const results = h("div", { "aria-live": "polite" });
    start.disabled = true;
    fill(output, progress.element, runLine, results);
    progress.say(isResumed ? text.resumed : text.starting);
    try {
      const events = followRun(analytics, reference, {
        signal: new AbortController().signal,
        onBroken: (waitMs) => progress.say(words.failure.broken(decimalText(waitMs / 1000))),
      });
      for await (const event of events) {
        if (run !== event.run) fill(runLine, h("code", {}, text.runId(event.run)));
        run = event.run;
        keepRun(view.session, analysis, run);
        cancel.disabled = event.event.case === "result";
        if (event.event.case === "progress") progress.show(event.event.value);
        if (event.event.case === "result") {
          progress.say(words.result.verifying);
          fill(results, await showResult(event.event.value));
          progress.say(text.done);
        }
      }
    } catch (error) {
      const failure = toFailure(error);
      forgetRun(view.session, analysis);
      if (failure.reason === "RUN_CANCELLED") progress.say(text.cancelled);
      else if (isResumed && failure.reason === "RUN_UNKNOWN") fill(output, h("p", { class: "note" }, text.gone));
      else
        fill(
          results,
          failureView(failure, () => start.click()),
        );
    } finally {
      run = "";
      start.disabled = false;
      cancel.disabled = true;
      fill(start, text.runAgain);
    }
  };

  const kept = keptRun(view.session, analysis);
  if (kept !== undefined) void follow({ run: kept });
  const described = known?.contract.queries[query];
  return h(
    "section",
    { class: "block analysis" },
    h("h4", {}, analysis),
    described === undefined
      ? undefined
      : folded(text.query, h("ul", {}, ...describeQuery(described).map((line) => h("li", {}, line)))),
    h("p", { class: "actions" }, start, cancel),
    output,
  );
};
