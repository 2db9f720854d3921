// What a report says, field by field and in words, with what was checked of it.
import type { ExplainedField, ExplainedGroup } from "#attestation";
import { words } from "../words.ts";
import { folded, h } from "./dom.ts";

const { explained: text } = words;

const standingClass = ({ outcome }: ExplainedField, isProven: boolean): string => {
  if (outcome === "fails") return "failed";
  return outcome === "holds" && isProven ? "proven" : "not-proven";
};

const fieldItem = (field: ExplainedField, isProven: boolean): HTMLElement => {
  const { title, value, meaning, outcome, failures, reason } = field;
  return h(
    "li",
    { class: `check ${standingClass(field, isProven)}` },
    h("span", { class: "check-name" }, title),
    h("span", { class: "check-outcome" }, words.outcome[outcome]),
    value === "" ? undefined : h("code", {}, value),
    ...failures.map(({ code, expected, seen }) =>
      h(
        "span",
        {},
        `${code}: ${words.expected} `,
        h("code", {}, expected ?? ""),
        ` ${words.seen} `,
        h("code", {}, seen ?? ""),
      ),
    ),
    reason === null ? undefined : h("span", {}, text.reason(reason)),
    h("span", {}, meaning),
  );
};

const summaryOf = ({ title, fields }: ExplainedGroup): string => {
  const count = (outcome: ExplainedField["outcome"]) => fields.filter((field) => field.outcome === outcome).length;
  return text.group(title, count("holds"), count("fails"), count("not checked"));
};

/** Groups that can be opened; one in which something fails is open. Without proof, what holds is not shown as verified. */
export const explainedView = (groups: readonly ExplainedGroup[], isProven: boolean): readonly HTMLElement[] =>
  groups.map((group) => {
    const element = folded(
      summaryOf(group),
      h("ul", { class: "checks" }, ...group.fields.map((field) => fieldItem(field, isProven))),
    );
    if (group.fields.some(({ outcome }) => outcome === "fails")) element.setAttribute("open", "");
    return element;
  });
