// The page: the anchor, the contracts, and a pane for each party. This file wires.
import { clientsOf, type TargetClients } from "./mesh/clients.ts";
import { brokerSource } from "./mesh/contract-sources.ts";
import { fetchTopology, type Target, type Topology } from "./mesh/topology.ts";
import { findContracts } from "./proof/find-contracts.ts";
import { forgetTrust, recallTrust } from "./trust.ts";
import { anchorBanner, insecureBanner } from "./view/anchor-banner.ts";
import { contractSection } from "./view/contract-section.ts";
import { h, type Child } from "./view/dom.ts";
import { loaded } from "./view/loaded.ts";
import { partyPane } from "./view/party-pane.ts";
import { words } from "./words.ts";

const { origin } = location;
const trust = recallTrust(location.hash, sessionStorage);
addEventListener("hashchange", () => location.reload());

const forget = (): void => {
  forgetTrust(sessionStorage);
  history.replaceState(null, "", location.pathname);
  location.reload();
};

/** Web Crypto is there only for secure origins, and Ed25519 only in current browsers. */
const canVerify = async (): Promise<boolean> => {
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
};

const createClients = (): ((label: string) => TargetClients) => {
  const made = new Map<string, TargetClients>();
  return (label) => {
    const clients = made.get(label) ?? clientsOf(origin, label);
    made.set(label, clients);
    return clients;
  };
};

const byParty = ({ targets }: Topology): ReadonlyMap<string, readonly Target[]> =>
  Map.groupBy(targets, ({ party }) => party);

const openPage = async (): Promise<Child> => {
  if (!(await canVerify())) return insecureBanner();
  const topology = await fetchTopology(origin);
  const clients = createClients();
  const sources = topology.targets
    .filter(({ services }) => services.includes("KeyBroker"))
    .map(({ label }) => brokerSource(clients(label)));
  const anchors = trust.kind === "anchors" ? trust.digests : [];
  const named = topology.analyses.map((analysis) => analysis.split("/")[0] ?? analysis);
  const found = await findContracts(sources, anchors, named);
  const view = { topology, contracts: found.contracts, clients, session: sessionStorage };
  return [
    anchorBanner(trust, found, forget),
    contractSection(found.contracts, { now: new Date(), hasAnchor: trust.kind !== "none" }),
    h("div", { class: "panes" }, ...[...byParty(topology)].map(([party, targets]) => partyPane(view, party, targets))),
  ];
};

document.body.append(
  h("header", {}, h("h1", {}, words.title), h("p", {}, words.tagline)),
  h("main", {}, loaded(openPage).element),
);
