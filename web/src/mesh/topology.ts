// What the gateway says is there: names and paths, nothing that is trusted.

const serviceNames = ["Attestation", "DataProvider", "KeyBroker", "Analytics", "Snooper"] as const;

/** A service that a target can be asked for. */
export type ServiceName = (typeof serviceNames)[number];

/** Something that the gateway reaches. */
export interface Target {
  /** `contoso/broker`; also the name of the workload in contracts. */
  readonly label: string;
  /** `contoso`. */
  readonly party: string;
  /** What the party is called. */
  readonly title: string;
  readonly services: readonly ServiceName[];
}

/** Everything that the gateway reaches. */
export interface Topology {
  readonly name: string;
  /** `<contract>/<query>`. */
  readonly analyses: readonly string[];
  readonly targets: readonly Target[];
}

const LABEL = /^[a-z0-9-]+(\/[a-z0-9-]+)?$/;

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isText = (value: unknown): value is string => typeof value === "string";

const targetOf = (value: unknown): readonly Target[] => {
  if (!isObject(value)) return [];
  const { label, title } = value;
  if (!isText(label) || !LABEL.test(label) || !isText(title)) return [];
  const said = listOf(value["services"]);
  const services = serviceNames.filter((name) => said.includes(name));
  return [{ label, title, party: label.split("/")[0] ?? label, services }];
};

/** Reads what the gateway answered; what is not a target of a known form is left out. */
export const parseTopology = (value: unknown): Topology => {
  const members = isObject(value) ? value : {};
  const name = members["topology"];
  return {
    name: isText(name) ? name : "",
    analyses: listOf(members["analyses"])
      .filter(isText)
      .filter((text) => /^[^/]+\/[^/]+$/.test(text)),
    targets: listOf(members["targets"]).flatMap(targetOf),
  };
};

/** Asks the gateway. */
export const fetchTopology = async (origin: string): Promise<Topology> => {
  const response = await fetch(`${origin}/mesh/topology.json`, { cache: "no-store" });
  if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
  return parseTopology(await response.json());
};
