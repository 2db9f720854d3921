// What each service is told: written to `config.json` in its own folder before it is started.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "#sealing";
import type { CertificateAuthority } from "./certificate-authority.ts";
import type { PartyKeys } from "./facts.ts";
import type { State } from "./state.ts";
import type { ServicePlace, Topology } from "./topology.ts";

/** What configurations are made of. */
export interface ConfigInput {
  readonly project: string;
  readonly state: State;
  readonly topology: Topology;
  readonly places: readonly ServicePlace[];
  readonly tls: "on" | "off";
  /** From a service's label to the port of a proxy before it. */
  readonly via: ReadonlyMap<string, number>;
  readonly authority: CertificateAuthority;
  readonly simulatedRoot: Uint8Array;
  readonly keys: ReadonlyMap<string, PartyKeys>;
  /** Names of the contracts. */
  readonly contracts: readonly string[];
}

const forwardedServices: Readonly<Record<string, readonly string[]>> = {
  broker: ["KeyBroker"],
  provider: ["DataProvider", "Attestation"],
  analytics: ["Analytics", "Attestation"],
  snooper: ["Snooper"],
};

/** Where others reach a service: at its own port, or at the proxy before it. */
export const addressOf = (
  { via }: Pick<ConfigInput, "via">,
  place: ServicePlace,
): { readonly address: string; readonly serverName: string } => ({
  address: `127.0.0.1:${via.get(place.label) ?? place.port}`,
  serverName: place.serverName,
});

const byParty = (input: ConfigInput, role: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    input.places.filter((place) => place.role === role).map((place) => [place.party, addressOf(input, place)]),
  );

const configOf = (input: ConfigInput, place: ServicePlace): Readonly<Record<string, unknown>> => {
  const { state, topology, tls, authority, simulatedRoot, keys, places } = input;
  const { party, port } = place;
  // The host hands its CRL out with the evidence; without one, nothing is genuine here.
  const revocation = { crls: [], absent: "refused", stale: "refused" };
  const [brokers, providers] = [byParty(input, "broker"), byParty(input, "provider")];
  switch (place.role) {
    case "analytics":
    case "changed-analytics":
      return { party, port, tls, brokers, providers, revocation };
    case "provider":
      return { party, port, tls, storage: state.storage, brokers, providers };
    case "broker":
      return {
        party,
        port,
        tls,
        home: state.service(place.label),
        url: `https://${place.serverName}`,
        ca_sha256: toHex(authority.sha256),
        owner_key: keys.get(party)?.owner ?? "",
        root: { kind: "simulated", ark_spki_sha256: toHex(simulatedRoot) },
        revocation,
      };
    case "snooper": {
      const targets = places.filter(({ role }) => role === "broker" || role === "provider" || role === "analytics");
      const changed = places.find(({ role }) => role === "changed-analytics");
      return {
        port,
        tls,
        storage: state.storage,
        analyses: topology.analyses,
        contracts: input.contracts,
        targets: targets.map((target) => ({
          label: target.label,
          role: target.role,
          party: target.party,
          ...addressOf(input, target),
        })),
        ...(changed === undefined ? {} : { changedAnalytics: addressOf(input, changed) }),
      };
    }
    case "gateway":
      return {
        port,
        page: join(input.project, "web", "dist"),
        tls,
        topology: topology.topology,
        analyses: topology.analyses,
        targets: places
          .filter(({ role }) => forwardedServices[role] !== undefined)
          .map((target) => ({
            label: target.label,
            title: topology.parties[target.party]?.title ?? "Snooper",
            services: forwardedServices[target.role],
            ...addressOf(input, target),
          })),
      };
  }
};

/** Writes the configuration of every service. */
export const writeConfigs = (input: ConfigInput): void => {
  for (const place of input.places) {
    const folder = input.state.service(place.label);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "config.json"), `${JSON.stringify(configOf(input, place), null, 1)}\n`, { mode: 0o600 });
  }
};
