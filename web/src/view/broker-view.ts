// A key broker: the contracts it enforces and the policies it evaluates. What only the broker says is not proven.
import { Code, ConnectError } from "@connectrpc/connect";
import { partyOf } from "#contract";
import { ContractState } from "#gen/sealmesh/contract/v1alpha1/contract_pb.ts";
import type { Target } from "../mesh/topology.ts";
import { standingOf, type KnownContract } from "../proof/known-contract.ts";
import { provePolicy } from "../proof/policy.ts";
import { words } from "../words.ts";
import { folded, h, type Child } from "./dom.ts";
import { ledgerView } from "./ledger-view.ts";
import { loaded } from "./loaded.ts";
import { badge } from "./marks.ts";
import type { MeshView } from "./mesh-view.ts";

const { broker: text } = words;

/** The state in words; `undefined` when the broker does not know the contract. */
const stateAt = async (view: MeshView, label: string, digest: string): Promise<string | undefined> => {
  try {
    const { contract } = await view.clients(label).broker.getContract({ contract: digest });
    return text.states[contract?.state ?? ContractState.UNSPECIFIED] ?? text.unknownState;
  } catch (error) {
    if (error instanceof ConnectError && error.code === Code.NotFound) return undefined;
    throw error;
  }
};

const policyView = (view: MeshView, { label, party }: Target, known: KnownContract, query: string): HTMLElement =>
  folded(
    text.policy(query),
    loaded(async () => {
      const { policy: shown } = await view.clients(label).broker.getReleasePolicy({ contract: known.digest, query });
      const { isSame, policy } = provePolicy(shown, { contract: known.contract, query, party });
      return [
        h("p", {}, badge(standingOf(isSame, known)), ` ${isSame ? text.policySame : text.policyOther}`),
        h("pre", { tabindex: 0 }, isSame ? JSON.stringify(policy, null, 1) : shown),
      ];
    }).element,
  );

const contractView = (view: MeshView, target: Target, known: KnownContract): Child => {
  const { contract, digest } = known;
  const queries = Object.entries(contract.queries).filter(([, { over }]) =>
    over.some((dataset) => partyOf(dataset) === target.party),
  );
  const state = loaded(async () => {
    const said = await stateAt(view, target.label, digest);
    return h("p", {}, badge("not-proven"), " ", said === undefined ? text.unknown : text.says(said));
  });
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, `${contract.contract} ${contract.version}`)),
    state.element,
    ...queries.map(([query]) => policyView(view, target, known, query)),
  );
};

/** A broker: contracts, policies and log. */
export const brokerView = (view: MeshView, target: Target): HTMLElement => {
  const own = view.contracts.filter(({ contract }) =>
    Object.keys(contract.datasets).some((dataset) => partyOf(dataset) === target.party),
  );
  return h(
    "div",
    {},
    h(
      "section",
      { class: "block" },
      h("h4", {}, text.contracts),
      own.length === 0 ? h("p", { class: "empty" }, text.none) : undefined,
      h("ul", { class: "plain" }, ...own.map((known) => contractView(view, target, known))),
    ),
    ledgerView(view, target),
  );
};
