// The attacker's pane. What the attacker tells is not proven: a denial is the attacker's word, the brokers' logs are signed.
import { AttackResult, type Attack, type AttackOutcome } from "#gen/sealmesh/snooper/v1alpha1/snooper_pb.ts";
import { toFailure } from "../mesh/failure.ts";
import { allPages } from "../mesh/pages.ts";
import type { Target } from "../mesh/topology.ts";
import { words } from "../words.ts";
import { button, fill, h, type Child } from "./dom.ts";
import { loaded } from "./loaded.ts";
import { badge, failureView } from "./marks.ts";
import type { MeshView } from "./mesh-view.ts";
import { storageView } from "./storage-view.ts";

const { snooper: text } = words;

const outcomeClass: Readonly<Record<number, string>> = {
  [AttackResult.DENIED]: "denied",
  [AttackResult.SUCCEEDED]: "succeeded",
  [AttackResult.INCONCLUSIVE]: "inconclusive",
};

const outcomeView = ({ result, denials, learned }: AttackOutcome): Child => [
  h(
    "p",
    {},
    h(
      "strong",
      { class: `outcome ${outcomeClass[result] ?? "inconclusive"}` },
      text.outcome[result] ?? text.unknownOutcome,
    ),
    " ",
    badge("not-proven", text.told),
  ),
  h(
    "ul",
    {},
    ...denials.map(({ attempt, reason, explanation }) =>
      h("li", {}, attempt, ": ", h("code", {}, reason), h("p", { class: "note" }, explanation)),
    ),
  ),
  learned === "" ? undefined : h("p", {}, h("strong", {}, text.learned), learned),
];

interface AttackRow {
  readonly element: HTMLElement;
  readonly run: () => Promise<AttackResult>;
}

const attackRow = (view: MeshView, { label }: Target, { id, title, defence }: Attack): AttackRow => {
  const steps = h("ol", { class: "steps" });
  const output = h("div", { "aria-live": "polite" });
  const start = button(text.run, () => void run(), { "aria-label": `${text.run}: ${title}` });
  const run = async (): Promise<AttackResult> => {
    start.disabled = true;
    fill(steps);
    fill(output, h("p", { class: "loading" }, text.running));
    try {
      for await (const { event } of view.clients(label).snooper.runAttack({ attack: id })) {
        if (event.case === "step") steps.append(h("li", {}, event.value.description));
        if (event.case !== "outcome") continue;
        fill(output, outcomeView(event.value));
        return event.value.result;
      }
      fill(output, h("p", {}, text.noOutcome));
    } catch (error) {
      fill(
        output,
        failureView(toFailure(error), () => void run()),
      );
    } finally {
      start.disabled = false;
    }
    return AttackResult.UNSPECIFIED;
  };
  const element = h(
    "li",
    { class: "attack", id: `attack-${id}` },
    h("h5", {}, title, " ", start),
    h("p", { class: "note" }, text.defence, defence),
    steps,
    output,
  );
  return { element, run };
};

/** The attacks, one by one or all, and what the attacker sees in the storage. */
export const snooperView = (view: MeshView, target: Target): HTMLElement => {
  const place = loaded(async () => {
    const { items } = await allPages(
      (request) => view.clients(target.label).snooper.listAttacks(request),
      ({ attacks }) => attacks,
    );
    if (items.length === 0) return h("p", { class: "empty" }, text.empty);
    const rows = items.map((attack) => attackRow(view, target, attack));
    const summary = h("p", { role: "status", "aria-live": "polite" });
    const runAll = async (): Promise<void> => {
      all.disabled = true;
      let denied = 0;
      // One after the other: the attacker refuses a second attack while one runs.
      for (const row of rows) if ((await row.run()) === AttackResult.DENIED) denied += 1;
      fill(summary, text.summary(denied, rows.length), " ", badge("not-proven", text.told));
      all.disabled = false;
    };
    const all = button(text.all, () => void runAll());
    return [
      h("p", { class: "actions" }, all),
      summary,
      h("ul", { class: "plain" }, ...rows.map(({ element }) => element)),
    ];
  });
  return h(
    "div",
    {},
    h("section", { class: "block" }, h("h4", {}, text.attacks), place.element),
    storageView(view, target),
  );
};
