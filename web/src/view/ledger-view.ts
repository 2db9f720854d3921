import { toEnvelope } from "../mesh/messages.ts";
import { allPages } from "../mesh/pages.ts";
import type { Target } from "../mesh/topology.ts";
import { standingOf } from "../proof/known-contract.ts";
import { proveEntry, type LedgerStatement, type ProvenEntry } from "../proof/ledger.ts";
import { words } from "../words.ts";
import { button, folded, h, type Child } from "./dom.ts";
import { loaded } from "./loaded.ts";
import { badge } from "./marks.ts";
import type { MeshView } from "./mesh-view.ts";

const { broker: text } = words;
const MOST_SHOWN = 50;

const clausesView = (statement: Extract<LedgerStatement, { readonly type: "release" | "denial" }>): Child => {
  const unmet = statement.clauses.filter(({ met }) => !met);
  const said = ({ claim, expected, seen }: (typeof unmet)[number]): Child =>
    h("li", {}, h("code", {}, text.unmet(claim, expected, seen ?? text.nothing)));
  return unmet.length === 0 ? undefined : h("ul", {}, ...unmet.map(said));
};

const keysView = (statement: Extract<LedgerStatement, { readonly type: "release" }>): Child =>
  folded(
    text.keys(statement.keys.length),
    h(
      "ul",
      {},
      ...statement.keys.map(({ dataset, version, column }) => h("li", {}, `${dataset} ${version}: ${column}`)),
    ),
  );

const sentence = (statement: LedgerStatement): string => {
  switch (statement.type) {
    case "release":
      return text.entry.release(text.keys(statement.keys.length), statement.query);
    case "denial":
      return text.entry.denial(statement.reason, statement.query);
    case "activation":
      return text.entry.activation(`${statement.name} ${statement.version}`, statement.state);
    case "refusals":
      return text.entry.refusals(statement.count, statement.reason);
  }
};

const moreOf = (statement: LedgerStatement): Child => {
  if (statement.type === "release") return [h("p", { class: "note" }, text.run(statement.run)), keysView(statement)];
  if (statement.type === "denial") return [h("p", { class: "note" }, text.run(statement.run)), clausesView(statement)];
  return undefined;
};

const entryView = ({ index, known, statement, failure }: ProvenEntry): HTMLElement => {
  if (statement === undefined) {
    const [standing, said] =
      failure === undefined
        ? (["not-proven", text.noKey] as const)
        : (["failed", `${failure.code}: ${failure.message}`] as const);
    return h("li", {}, h("p", {}, badge(standing), ` ${index}: ${said}`));
  }
  const time = statement.type === "refusals" ? statement.minute : statement.time;
  return h(
    "li",
    { class: `entry ${statement.type}` },
    h("p", {}, badge(standingOf(true, known)), " ", h("time", { datetime: time }, time), ` ${sentence(statement)}`),
    moreOf(statement),
  );
};

/** A broker's log, newest first, each entry's signature verified here. */
export const ledgerView = (view: MeshView, { label, party }: Target): HTMLElement => {
  const place = loaded(async () => {
    const { items, isWhole } = await allPages(
      (request) => view.clients(label).broker.listLedger(request),
      ({ entries }) => entries,
    );
    if (items.length === 0) return h("p", { class: "empty" }, text.ledgerEmpty);
    const newest = items.slice(-MOST_SHOWN).toReversed();
    const entries = await Promise.all(
      newest.map(({ index, statement }) =>
        proveEntry({ index, statement: toEnvelope(statement) }, party, view.contracts),
      ),
    );
    return [
      items.length > newest.length ? h("p", { class: "note" }, text.more(newest.length, items.length)) : undefined,
      isWhole ? undefined : h("p", { class: "note" }, text.incomplete),
      h("ol", { class: "plain ledger", tabindex: 0, "aria-label": text.ledger }, ...entries.map(entryView)),
      h("p", { class: "note" }, text.ledgerNote),
    ];
  });
  return h(
    "section",
    { class: "block" },
    h("h4", {}, text.ledger, " ", button(text.refresh, place.reload)),
    place.element,
  );
};
