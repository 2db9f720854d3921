import { explainSections, ownersOf } from "#contract";
import { isValidAt, standingOf, type KnownContract } from "../proof/known-contract.ts";
import { words } from "../words.ts";
import { folded, h } from "./dom.ts";
import { badge, simulatedMark } from "./marks.ts";

const { contract: text } = words;

const contractCard = (known: KnownContract, now: Date, hasAnchor: boolean): HTMLElement => {
  const { contract, digest, missing } = known;
  const isSigned = missing.length === 0;
  const isValid = isValidAt(contract, now);
  return h(
    "article",
    { class: "card" },
    h(
      "h3",
      {},
      `${contract.contract}, version ${contract.version} `,
      contract.simulated_root === undefined ? undefined : simulatedMark(),
    ),
    h("p", {}, h("code", {}, digest)),
    h(
      "p",
      {},
      badge(standingOf(isSigned, known)),
      " ",
      isSigned ? text.signedBy(ownersOf(contract).join(", ")) : text.missing(missing.join(", ")),
      hasAnchor && !known.anchored ? `; ${text.foreign}` : "",
    ),
    h("p", {}, badge(standingOf(isValid, known)), " ", isValid ? text.valid : text.notValid),
    folded(
      text.explained,
      ...explainSections(contract).map(({ heading, lines }) =>
        h("div", {}, h("h4", {}, heading), h("ul", {}, ...lines.map((line) => h("li", {}, line)))),
      ),
    ),
  );
};

/** The contracts that are known, in words. */
export const contractSection = (
  contracts: readonly KnownContract[],
  { now, hasAnchor }: { readonly now: Date; readonly hasAnchor: boolean },
): HTMLElement =>
  h(
    "section",
    { class: "contracts", "aria-labelledby": "contracts" },
    h("h2", { id: "contracts" }, text.heading),
    contracts.length === 0 ? h("p", { class: "empty" }, text.empty) : undefined,
    ...contracts.map((known) => contractCard(known, now, hasAnchor)),
  );
