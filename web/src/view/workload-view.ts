// The evidence of one workload, asked for and verified in this browser.
import { toBase64Url } from "#sealing";
import { toEvidence } from "../mesh/messages.ts";
import type { Target } from "../mesh/topology.ts";
import { proveEvidence, type EvidenceProof } from "../proof/evidence.ts";
import { contractAbout, isBinding, standingOf, type KnownContract, type Standing } from "../proof/known-contract.ts";
import { words } from "../words.ts";
import { button, folded, h, type Child } from "./dom.ts";
import { explainedView } from "./explained-view.ts";
import { loaded } from "./loaded.ts";
import { badge, checkList, notCheckedList, simulatedMark } from "./marks.ts";
import type { MeshView } from "./mesh-view.ts";

const { evidence: text } = words;

const sentence = (standing: Standing, label: string): string => {
  if (standing === "failed") return text.fails;
  return standing === "proven" ? text.holds(label) : text.holdsUnproven(label);
};

const factsView = ({ facts, documents }: EvidenceProof): Child => {
  if (facts === undefined) return undefined;
  const policy = documents?.policy;
  const measurement = documents?.measurement;
  const line = (name: string, ...content: readonly Child[]): Child => [h("dt", {}, name), h("dd", {}, ...content)];
  return h(
    "dl",
    { class: "facts" },
    line(
      text.hardware,
      facts.hardwareRoot === "simulated" ? simulatedMark() : undefined,
      ` ${text.product(facts.product, facts.reportVersion)}`,
    ),
    policy === undefined
      ? undefined
      : line(
          text.policy,
          h("p", {}, text.policyText(policy.role, policy.files)),
          h("p", {}, h("code", {}, policy.command.join(" "))),
          h(
            "p",
            {},
            policy.environment.length === 0 ? text.noEnvironment : text.environment(policy.environment.join(", ")),
          ),
        ),
    measurement === undefined
      ? undefined
      : line(text.measurement, text.measurementText(measurement.node, measurement.packages)),
  );
};

const proofView = (
  proof: EvidenceProof,
  known: KnownContract,
  { label, nonce }: { label: string; nonce: Uint8Array },
) => {
  const standing = standingOf(proof.holds, known);
  return [
    h("p", { class: "verdict" }, badge(standing), " ", sentence(standing, label)),
    factsView(proof),
    folded(
      words.details,
      h("p", {}, h("code", {}, text.nonce(toBase64Url(nonce)))),
      checkList(proof.checks, isBinding(known)),
      explainedView(proof.explained ?? [], isBinding(known)),
      notCheckedList(proof.notChecked),
    ),
  ];
};

/** A workload's evidence: verified when the page opens, and whenever the reader asks. */
export const workloadView = (view: MeshView, { label }: Target): HTMLElement => {
  const known = contractAbout(view.contracts, ({ workloads }) => Object.hasOwn(workloads, label));
  const place = loaded(async () => {
    if (known === undefined) return h("p", {}, badge("not-proven"), " ", text.stranger);
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const answer = await view.clients(label).attestation.getEvidence({ nonce });
    const proof = await proveEvidence({
      evidence: toEvidence(answer.evidence),
      documents: { policy: answer.policyDocument, measurement: answer.measurementDocument },
      nonce,
      contract: known.contract,
      workload: label,
      now: new Date(),
    });
    return proofView(proof, known, { label, nonce });
  }, text.verifying);
  return h(
    "section",
    { class: "block evidence", "aria-live": "polite" },
    h("h4", {}, text.heading, " ", button(text.again, place.reload)),
    place.element,
  );
};
