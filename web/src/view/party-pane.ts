// A party: what it runs, and a part for each.
import type { Target } from "../mesh/topology.ts";
import { words } from "../words.ts";
import { analysisView } from "./analysis-view.ts";
import { brokerView } from "./broker-view.ts";
import { datasetsView } from "./datasets-view.ts";
import { h, type Child } from "./dom.ts";
import type { MeshView } from "./mesh-view.ts";
import { recordsView } from "./records-view.ts";
import { snooperView } from "./snooper-view.ts";
import { workloadView } from "./workload-view.ts";

type Role = keyof typeof words.roles;

const roleOf = ({ services }: Target): Role | undefined => {
  if (services.includes("KeyBroker")) return "broker";
  if (services.includes("DataProvider")) return "provider";
  if (services.includes("Analytics")) return "analytics";
  return services.includes("Snooper") ? "snooper" : undefined;
};

const contentOf = (view: MeshView, target: Target): Child => {
  const { services } = target;
  return [
    services.includes("Analytics")
      ? view.topology.analyses.map((analysis) => analysisView(view, target, analysis))
      : undefined,
    services.includes("Attestation") ? workloadView(view, target) : undefined,
    services.includes("DataProvider") ? [recordsView(view, target), datasetsView(view, target)] : undefined,
    services.includes("KeyBroker") ? brokerView(view, target) : undefined,
    services.includes("Snooper") ? snooperView(view, target) : undefined,
  ];
};

/** The pane of a party with everything that it runs. */
export const partyPane = (view: MeshView, party: string, targets: readonly Target[]): HTMLElement => {
  const roles = targets.map(roleOf).filter((role) => role !== undefined);
  const id = `party-${party}`;
  return h(
    "section",
    { class: `pane ${roles.join(" ")}`, "aria-labelledby": id },
    h("h2", { id }, targets[0]?.title ?? party),
    h("p", { class: "note" }, roles.map((role) => words.runs[role]).join(", ")),
    ...targets.map((target) => {
      const role = roleOf(target);
      return h(
        "section",
        { class: "service" },
        h("h3", {}, role === undefined ? target.label : words.roles[role], " ", h("code", {}, target.label)),
        contentOf(view, target),
      );
    }),
  );
};
