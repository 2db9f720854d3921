// An owner's own records, opened inside its TEE; and the attempt to have another owner's opened there.
import type { OpenRecordsResponse } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { toFailure } from "../mesh/failure.ts";
import type { Target } from "../mesh/topology.ts";
import { isBinding } from "../proof/known-contract.ts";
import { words } from "../words.ts";
import { button, fill, h, type Child } from "./dom.ts";
import { numberText } from "./format.ts";
import { badge, failureView } from "./marks.ts";
import type { MeshView } from "./mesh-view.ts";

const { records: text } = words;

const recordsTable = ({ rows, records }: OpenRecordsResponse): Child => {
  const columns = [...new Set(records.flatMap(({ cells }) => Object.keys(cells)))];
  return [
    h("p", {}, badge("not-proven"), " ", text.opened(numberText(rows))),
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)))),
        h(
          "tbody",
          {},
          ...records.map(({ cells }) => h("tr", {}, ...columns.map((name) => h("td", {}, cells[name] ?? "")))),
        ),
      ),
    ),
    h("p", { class: "note" }, text.unsigned),
  ];
};

/** Buttons for every query of kind records that is known; nothing when there is none. */
export const recordsView = (view: MeshView, { label }: Target): HTMLElement | undefined => {
  const queries = view.contracts.flatMap((known) =>
    Object.entries(known.contract.queries)
      .filter(([, query]) => query.records !== undefined)
      .map(([query, { run_by, over }]) => ({ known, query, run_by, dataset: over[0] ?? "" })),
  );
  if (queries.length === 0) return undefined;
  const output = h("div", { "aria-live": "polite" });
  const open = async ({ known, query }: (typeof queries)[number]): Promise<void> => {
    fill(output, h("p", { class: "loading" }, text.opening));
    const contract = isBinding(known) ? known.digest : known.contract.contract;
    try {
      fill(output, recordsTable(await view.clients(label).provider.openRecords({ contract, query })));
    } catch (error) {
      const failure = toFailure(error);
      const isDenial = failure.reason === "POLICY_REFUSED";
      fill(output, isDenial ? h("p", {}, h("strong", {}, text.denied)) : undefined, failureView(failure));
    }
  };
  return h(
    "section",
    { class: "block" },
    h("h4", {}, text.heading),
    h(
      "p",
      { class: "actions" },
      ...queries.map((entry) =>
        button(entry.run_by === label ? text.own(entry.dataset) : text.other(entry.dataset), () => void open(entry)),
      ),
    ),
    output,
  );
};
