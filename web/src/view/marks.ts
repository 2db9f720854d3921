// Badges, checks and failures: how much of something is to be believed. Only `proven` is ever green.
import type { Failure } from "../mesh/failure.ts";
import type { Check } from "../proof/check.ts";
import type { Standing } from "../proof/known-contract.ts";
import { words } from "../words.ts";
import { button, folded, h, type Child } from "./dom.ts";

/** The standing of something, as a word. */
export const badge = (standing: Standing, text: string = words.standing[standing]): HTMLElement =>
  h("span", { class: `badge ${standing}` }, text);

/** The word that must never be missed. */
export const simulatedMark = (): HTMLElement => h("strong", { class: "simulated" }, words.simulated);

const checkStanding = ({ outcome }: Check, isProven: boolean): Standing => {
  if (outcome === "fails") return "failed";
  return outcome === "holds" && isProven ? "proven" : "not-proven";
};

const checkItem = (check: Check, isProven: boolean): HTMLElement => {
  const { name, outcome, expected, seen, code } = check;
  const standing = checkStanding(check, isProven);
  const compared =
    expected === undefined || expected === seen
      ? [seen === undefined ? undefined : h("code", {}, seen)]
      : [
          h("span", {}, `${words.expected} `, h("code", {}, expected)),
          h("span", {}, `${words.seen} `, h("code", {}, seen ?? "")),
        ];
  return h(
    "li",
    { class: `check ${standing} ${outcome}` },
    h("span", { class: "check-name" }, words.checks[name] ?? name),
    h(
      "span",
      { class: "check-outcome" },
      code === undefined ? words.outcome[outcome] : `${words.outcome[outcome]}: ${code}`,
    ),
    ...compared,
  );
};

/** Checks one by one; without proof, what holds is not shown as verified. */
export const checkList = (checks: readonly Check[], isProven: boolean): HTMLElement =>
  h("ul", { class: "checks" }, ...checks.map((check) => checkItem(check, isProven)));

/** What was not checked, and why. */
export const notCheckedList = (lines: readonly string[]): Child =>
  lines.length === 0
    ? undefined
    : h(
        "div",
        { class: "unchecked" },
        h("p", {}, words.evidence.notChecked),
        h("ul", {}, ...lines.map((line) => h("li", {}, line))),
      );

/** A failure with its code and reason, and a way to try again. */
export const failureView = (failure: Failure, retry?: () => void): HTMLElement => {
  const { kind, code, reason, message, details } = failure;
  return h(
    "div",
    { class: `failure ${kind}`, role: "alert" },
    h("p", {}, h("strong", {}, words.failure[kind]), " ", h("code", {}, [code, reason].filter(Boolean).join(" "))),
    h("p", {}, message),
    details.length === 0
      ? undefined
      : folded(words.details, h("ul", {}, ...details.map((detail) => h("li", {}, h("code", {}, detail))))),
    retry === undefined ? undefined : button(words.retry, retry),
  );
};
