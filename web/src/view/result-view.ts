// A result: first what it is worth, then what it says.
import type { Result } from "#contract";
import type { AnalysisResult } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { isBinding, type KnownContract } from "../proof/known-contract.ts";
import type { ResultVerdict } from "../proof/result.ts";
import { words } from "../words.ts";
import { button, folded, h, type Child } from "./dom.ts";
import { numberText } from "./format.ts";
import { badge, checkList, notCheckedList, simulatedMark } from "./marks.ts";
import { tableOf, type ResultTable } from "./result-table.ts";

const { result: text } = words;

const tableView = ({ title, columns, rows, isSuppressed }: ResultTable): HTMLElement =>
  h(
    "figure",
    {},
    h("figcaption", {}, title),
    rows.length === 0
      ? h("p", { class: "empty" }, text.empty)
      : h(
          "div",
          { class: "scroll", tabindex: 0, role: "group", "aria-label": title },
          h(
            "table",
            {},
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ...columns.map((column) =>
                  h("th", { scope: "col", class: column.isNumeric ? "number" : undefined }, column.title),
                ),
              ),
            ),
            h(
              "tbody",
              {},
              ...rows.map(({ kind, cells }) =>
                h(
                  "tr",
                  { class: kind },
                  ...cells.map((cell, index) =>
                    h("td", { class: columns[index]?.isNumeric === true ? "number" : undefined }, cell),
                  ),
                ),
              ),
            ),
          ),
        ),
    isSuppressed ? h("p", { class: "note" }, text.suppressed) : undefined,
  );

const download = (result: Result): void => {
  const address = URL.createObjectURL(new Blob([`${JSON.stringify(result)}\n`], { type: "application/json" }));
  h("a", { href: address, download: `${result.query}-${result.run}.json` }).click();
  // The download has its own reference by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};

const verdictView = ({ standing, checks, notChecked }: ResultVerdict, known: KnownContract): Child => [
  h(
    "p",
    { class: "verdict" },
    badge(standing),
    ` ${text[standing]} `,
    known.contract.simulated_root === undefined ? undefined : simulatedMark(),
  ),
  folded(words.details, checkList(checks, isBinding(known)), notCheckedList(notChecked)),
];

/** A result with its verdict; without a contract to compare with, it is not proven. */
export const resultView = (
  result: Result,
  message: AnalysisResult,
  proof: { readonly verdict: ResultVerdict; readonly known: KnownContract } | undefined,
): HTMLElement => {
  const rows = Object.entries(result.rows).map(([party, count]) => text.partyRows(party, numberText(count)));
  return h(
    "section",
    { class: "result", "aria-label": text.heading },
    h("h4", {}, text.heading),
    proof === undefined
      ? h("p", {}, badge("not-proven"), " ", text.noContract)
      : verdictView(proof.verdict, proof.known),
    h("p", {}, text.rows(rows.join(", "))),
    h("div", { class: "tables" }, ...message.outputs.map((schema) => tableView(tableOf(schema, result)))),
    button(words.analysis.download, () => download(result)),
  );
};
