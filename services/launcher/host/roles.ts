// Which command each role is and what it may touch. Confidential roles run from a measured copy and their whole command is part of
// HOST_DATA; the others run from the project folder, with the same sandbox and no secure processor.

/** What a confidential workload is, before any file is looked at. */
export interface RoleDefinition {
  readonly role: string;
  readonly party: string;
  /** What is executed. `{node}`, `{image}`, `{own}` and `{storage}` are filled in by the host when it starts the workload. */
  readonly command: readonly string[];
  /** Names of the variables that are handed over. */
  readonly environment: readonly string[];
}

/** Roles that run in a TEE. */
export type ConfidentialRole = "analytics" | "provider";

/** Roles that do not. */
export type StandardRole = "broker" | "gateway" | "snooper";

/** Folders that a role may read besides its own. */
const readable: Readonly<Record<ConfidentialRole | StandardRole, readonly string[]>> = {
  analytics: ["{image}"],
  provider: ["{image}", "{storage}"],
  broker: [],
  gateway: ["{project}/web/dist"],
  snooper: ["{storage}"],
};

/** Folders that a role may write besides its own. The attacker operates the storage: what is in it is sealed, and nobody trusts it. */
const writable: Readonly<Partial<Record<ConfidentialRole | StandardRole, readonly string[]>>> = {
  snooper: ["{storage}"],
};

/** What every standard role reads of the project folder. Never all of it: the state folder with everyone's keys may lie inside. */
const projectCode = ["services", "gen", "node_modules", "package.json"].map((name) => `{project}/${name}`);

const commandOf = (
  role: ConfidentialRole | StandardRole,
  party: string,
  code: readonly string[],
): readonly string[] => [
  "{node}",
  "--permission",
  ...[...code, ...readable[role], "{own}"].map((folder) => `--allow-fs-read=${folder}`),
  ...[...(writable[role] ?? []), "{own}"].map((folder) => `--allow-fs-write=${folder}`),
  `services/${role}/main.ts`,
  "--party",
  party,
  "--config",
  "{own}/config.json",
];

/** What a party's confidential workload is. No variable is handed over. */
export const workloadRole = (role: ConfidentialRole, party: string): RoleDefinition => ({
  role,
  party,
  command: commandOf(role, party, []),
  environment: [],
});

/** The command of a process without a TEE. `{node}`, `{project}`, `{own}` and `{storage}` are filled in when it is started. */
export const standardCommand = (role: StandardRole, party: string): readonly string[] =>
  commandOf(role, party, projectCode);
