// Who takes part, as data: a topology file names the parties, what each runs and where it listens.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import { LaunchError } from "./launch-error.ts";

const name = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,62}$/, "is not a name of lower-case letters, digits and hyphens"),
);
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const listener = v.strictObject({ port });

const sample = v.strictObject({
  people: v.picklist(["employees", "customers"]),
  rows: v.pipe(v.number(), v.integer(), v.minValue(1)),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

const party = v.strictObject({
  title: v.string(),
  domain: v.pipe(v.string(), v.regex(/^[a-z0-9.-]{3,200}$/, "is not a domain name")),
  broker: v.optional(listener),
  provider: v.optional(listener),
  analytics: v.optional(listener),
  /** Where a copy of the analytics service with one comment changed listens: for the attacker to try. */
  changed_analytics: v.optional(listener),
  datasets: v.optional(v.record(name, v.strictObject({ schema: v.string(), sample })), {}),
});

const topologySchema = v.strictObject({
  topology: name,
  contracts: v.array(v.string()),
  analyses: v.array(v.string()),
  parties: v.record(name, party),
  snooper: v.optional(listener),
  gateway: v.optional(listener),
});

/** A topology file as read. */
export type Topology = v.InferOutput<typeof topologySchema>;

/** What a party runs. */
export type Role = "broker" | "provider" | "analytics";

/** One service of a topology: who runs it, under which name it is known and where it listens. */
export interface ServicePlace {
  readonly party: string;
  readonly role: Role | "changed-analytics" | "snooper" | "gateway";
  /** `contoso/broker`; `snooper` and `gateway` stand alone. */
  readonly label: string;
  /** The name in its TLS certificate. */
  readonly serverName: string;
  readonly port: number;
}

/**
 * Reads a topology that ships with the project, or a file of that form.
 *
 * @throws {LaunchError} TOPOLOGY_UNKNOWN, TOPOLOGY_INVALID with the path of what is wrong
 */
export const readTopology = (project: string, nameOrFile: string): Topology => {
  const file = nameOrFile.endsWith(".yaml") ? nameOrFile : join(project, "infra", "topologies", `${nameOrFile}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new LaunchError("TOPOLOGY_UNKNOWN", `no topology ${nameOrFile}`, { topology: nameOrFile }, { cause });
  }
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new LaunchError(
      "TOPOLOGY_INVALID",
      `topology ${nameOrFile} is not YAML`,
      { topology: nameOrFile },
      { cause },
    );
  }
  const result = v.safeParse(topologySchema, document);
  if (!result.success) {
    const issue = result.issues[0];
    const path = v.getDotPath(issue) ?? "";
    throw new LaunchError("TOPOLOGY_INVALID", `topology ${nameOrFile}: ${path} ${issue.message}`, {
      topology: nameOrFile,
      path,
    });
  }
  return result.output;
};

const roles = ["broker", "provider", "analytics"] as const;

/**
 * All services of a topology, in the order in which they are started.
 *
 * @param ports `meshShift` moves every port but the page's by as much; `page` replaces the page's
 */
export const placesOf = (
  topology: Topology,
  ports: { readonly meshShift: number; readonly page?: number },
): readonly ServicePlace[] => {
  const places: ServicePlace[] = [];
  for (const [partyName, member] of Object.entries(topology.parties)) {
    for (const role of roles) {
      const at = member[role];
      if (at === undefined) continue;
      const serverName = `${role}.${member.domain}`;
      places.push({
        party: partyName,
        role,
        label: `${partyName}/${role}`,
        serverName,
        port: at.port + ports.meshShift,
      });
    }
  }
  for (const [party, { changed_analytics: at, domain }] of Object.entries(topology.parties)) {
    if (at === undefined) continue;
    const port = at.port + ports.meshShift;
    places.push({
      party,
      role: "changed-analytics",
      label: `${party}/changed-analytics`,
      serverName: `changed.${domain}`,
      port,
    });
  }
  const { snooper, gateway } = topology;
  if (snooper !== undefined) {
    places.push({
      party: "snooper",
      role: "snooper",
      label: "snooper",
      serverName: "snooper.example",
      port: snooper.port + ports.meshShift,
    });
  }
  if (gateway !== undefined) {
    places.push({
      party: "gateway",
      role: "gateway",
      label: "gateway",
      serverName: "localhost",
      port: ports.page ?? gateway.port,
    });
  }
  return places;
};
