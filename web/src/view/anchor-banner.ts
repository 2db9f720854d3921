// What the reader's anchor is worth: the first thing on the page.
import type { AnchorOutcome, FoundContracts } from "../proof/find-contracts.ts";
import { isBinding, type Standing } from "../proof/known-contract.ts";
import type { Trust } from "../trust.ts";
import { words } from "../words.ts";
import { button, h, type Child } from "./dom.ts";
import { simulatedMark } from "./marks.ts";

const { anchor } = words;

const banner = (standing: Standing, title: string, ...content: readonly Child[]): HTMLElement =>
  h("section", { class: `banner ${standing}`, "aria-label": anchor.heading }, h("h2", {}, title), ...content);

const lost = (outcome: AnchorOutcome): readonly string[] => {
  switch (outcome.kind) {
    case "found":
      return [];
    case "unknown":
      return [anchor.unknown(outcome.digest)];
    case "mismatch":
      return [anchor.mismatch(outcome.shown)];
  }
};

/** Shown when the browser lacks what verification needs. */
export const insecureBanner = (): HTMLElement => banner("failed", anchor.insecure, h("p", {}, anchor.insecureText));

/** The anchor, before and after its contracts were found. */
export const anchorBanner = (trust: Trust, found: FoundContracts, forget: () => void): HTMLElement => {
  if (trust.kind === "none") return banner("not-proven", anchor.none, h("p", {}, anchor.noneText));
  const forgetButton = button(anchor.forget, forget);
  if (trust.kind === "malformed") {
    return banner("failed", anchor.malformed, h("p", {}, anchor.malformedText(trust.text)), forgetButton);
  }
  const wrong = found.anchors.flatMap(lost);
  if (wrong.length > 0) return banner("failed", anchor.wrong, ...wrong.map((text) => h("p", {}, text)), forgetButton);
  const anchored = found.contracts.filter((known) => known.anchored);
  if (!anchored.every(isBinding)) return banner("failed", anchor.unsigned, forgetButton);
  const isSimulated = anchored.some(({ contract }) => contract.simulated_root !== undefined);
  return banner(
    "proven",
    anchor.anchored,
    h("p", {}, anchor.anchoredText),
    h(
      "ul",
      {},
      ...anchored.map(({ contract, digest }) =>
        h("li", {}, `${contract.contract} ${contract.version} `, h("code", {}, digest)),
      ),
    ),
    isSimulated ? h("p", {}, `${words.evidence.hardware}: `, simulatedMark()) : undefined,
    h("p", { class: "note" }, anchor.untrusted),
    forgetButton,
  );
};
