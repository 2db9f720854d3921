import type { Analysis, Scene } from "./attack.ts";
import type { SnooperConfig } from "./config.ts";

const toAnalysis = (text: string): Analysis => {
  const [contract = "", query = ""] = text.split("/");
  return { contract, query };
};

/** What a configuration lets the attacker attack. */
export const toScene = ({ storage, targets, analyses, contracts, changedAnalytics }: SnooperConfig): Scene => ({
  storage,
  targets,
  analyses: analyses.map(toAnalysis),
  contracts,
  changedAnalytics,
});
