import type { AnalysisProgress } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { words } from "../words.ts";
import { fill, h } from "./dom.ts";
import { decimalText, numberText, sizeText } from "./format.ts";

const { analysis: text } = words;

/** How far a run is: a sentence that is read aloud, and bars that are not. */
export interface ProgressView {
  readonly element: HTMLElement;
  readonly say: (sentence: string) => void;
  readonly show: (progress: AnalysisProgress) => void;
}

interface Bar {
  readonly element: HTMLElement;
  readonly set: (done: bigint, total: bigint, words: string) => void;
}

const createBar = (label: string): Bar => {
  const bar = h("progress", { max: 1, value: 0, "aria-label": label });
  const said = h("span", { class: "bar-text" });
  return {
    element: h("div", { class: "bar" }, bar, said),
    set: (done, total, words) => {
      bar.value = total === 0n ? 0 : Number(done) / Number(total);
      fill(said, words);
    },
  };
};

const createPartyBars = (party: string) => {
  const rows = createBar(`${party}, ${text.rows}`);
  const bytes = createBar(`${party}, ${text.bytes}`);
  return {
    element: h("div", { class: "party-bars" }, h("p", {}, party), rows.element, bytes.element),
    show: ({ rowsDone, rowsTotal, bytesDone, bytesTotal }: AnalysisProgress) => {
      rows.set(rowsDone, rowsTotal, text.of(numberText(rowsDone), numberText(rowsTotal), text.rows));
      bytes.set(bytesDone, bytesTotal, text.of(sizeText(bytesDone), sizeText(bytesTotal), ""));
    },
  };
};

const pace = ({ rowsPerSecond, remaining }: AnalysisProgress): string =>
  [
    ...(rowsPerSecond > 0 ? [text.rate(numberText(rowsPerSecond))] : []),
    ...(remaining === undefined
      ? []
      : [text.left(decimalText(Number(remaining.seconds) + remaining.nanos / 1_000_000_000))]),
  ].join(", ");

/** Makes an empty view of a run's progress. */
export const createProgressView = (): ProgressView => {
  const sentence = h("p", { role: "status", "aria-live": "polite" });
  const paceLine = h("p", { class: "note" });
  const bars = h("div", { class: "bars" });
  const steps = h("ol", {});
  const parties = new Map<string, ReturnType<typeof createPartyBars>>();
  let last = "";
  const barsOf = (party: string): ReturnType<typeof createPartyBars> => {
    const known = parties.get(party);
    if (known !== undefined) return known;
    const made = createPartyBars(party);
    parties.set(party, made);
    bars.append(made.element);
    return made;
  };
  return {
    element: h(
      "div",
      { class: "progress" },
      sentence,
      bars,
      paceLine,
      h("details", {}, h("summary", {}, text.steps), steps),
      h("p", { class: "note" }, text.stateNote),
    ),
    say: (said) => fill(sentence, said),
    show: (progress) => {
      const said = text.stage(text.stages[progress.stage] ?? text.working, progress.party);
      if (said !== last) {
        last = said;
        fill(sentence, said);
        steps.append(h("li", {}, said));
      }
      if (progress.rowsTotal > 0n || progress.bytesTotal > 0n) barsOf(progress.party).show(progress);
      fill(paceLine, pace(progress));
    },
  };
};
