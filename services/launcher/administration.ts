// Plays the owners' administrators: on a first start, and when new data are given. Every act is a public command, said before it runs.
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { verifyConsent, type Contract } from "#contract";
import { parseEnvelope } from "#sealing";
import type { RunCommand, Voice } from "./console.ts";
import type { PartyKeys } from "./facts.ts";
import { LaunchError } from "./launch-error.ts";
import type { LaunchOptions } from "./options.ts";
import type { State } from "./state.ts";
import type { Topology } from "./topology.ts";

/** What the administrators work with. */
export interface AdministrationDeps {
  readonly project: string;
  readonly state: State;
  readonly topology: Topology;
  readonly run: RunCommand;
  readonly voice: Voice;
}

/** A contract as it stands in the state folder. */
export interface StoredContract {
  readonly contract: Contract;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** The signed contract's file. */
  readonly file: string;
}

const ownersIn = ({ parties }: Topology): readonly string[] =>
  Object.keys(parties).filter((name) => Object.keys(parties[name]?.datasets ?? {}).length > 0);

const ownerKey = ({ state }: AdministrationDeps, party: string): string => join(state.owner(party), "owner.key.pem");

/** Makes the keys of every owner and its broker that are not there yet. */
export const prepareKeys = async (deps: AdministrationDeps): Promise<ReadonlyMap<string, PartyKeys>> => {
  const { state, run } = deps;
  const keyIn = async (file: string): Promise<string> => {
    const made = !existsSync(file);
    const { stdout } = await run(["key", made ? "create" : "show", file], { quiet: !made });
    const { key } = JSON.parse(stdout) as { key: string }; // what `sealmesh key` prints
    return key;
  };
  const keys = new Map<string, PartyKeys>();
  for (const party of ownersIn(deps.topology)) {
    const owner = await keyIn(ownerKey(deps, party));
    keys.set(party, { owner, broker: await keyIn(join(state.service(`${party}/broker`), "broker.key.pem")) });
  }
  return keys;
};

/** A dataset version that is to be sealed. */
interface NewVersion {
  readonly dataset: string;
  readonly party: string;
  readonly name: string;
  /** The CSV file. */
  readonly source: string;
  readonly version: number;
}

const sealVersion = async (
  deps: AdministrationDeps,
  { dataset, party, name, source, version }: NewVersion,
): Promise<void> => {
  const { state, topology, project, run } = deps;
  const schema = join(project, topology.parties[party]?.datasets[name]?.schema ?? "");
  const out = state.dataset(dataset, version);
  const brokerHome = state.service(`${party}/broker`);
  const numbered = ["--dataset-version", `${version}`];
  await run([
    "class-keys",
    dataset,
    ...numbered,
    "--schema",
    schema,
    "--broker-home",
    brokerHome,
    "--out",
    join(out, "class-keys.json"),
  ]);
  await run(["seal", source, "--schema", schema, "--as", dataset, ...numbered, "--out", out]);
};

/** Seals all, or none: when one file is refused, what was sealed of the others is removed. */
const sealAll = async (deps: AdministrationDeps, versions: readonly NewVersion[]): Promise<void> => {
  const outcomes = await Promise.allSettled(versions.map((version) => sealVersion(deps, version)));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed === undefined) return;
  for (const { dataset, version } of versions)
    rmSync(deps.state.dataset(dataset, version), { recursive: true, force: true });
  throw failed.reason;
};

/** The datasets of a topology, each with the newest version that its owner signed; 0 when there is none. */
const datasetsIn = ({ state, topology }: AdministrationDeps) =>
  ownersIn(topology).flatMap((party) =>
    Object.entries(topology.parties[party]?.datasets ?? {}).map(([name, { sample }]) => {
      const dataset = `${party}/${name}`;
      return { dataset, party, name, sample, last: state.datasetVersions(dataset).at(-1) ?? 0 };
    }),
  );

/**
 * Checks, before anything is made, that the files that were given are there and for datasets of the topology.
 *
 * @throws {LaunchError} OPTION_INVALID
 */
export const checkData = (topology: Topology, data: LaunchOptions["data"]): void => {
  for (const [dataset, file] of data) {
    const [party = "", name = ""] = dataset.split("/");
    if (topology.parties[party]?.datasets[name] === undefined) {
      throw new LaunchError("OPTION_INVALID", `the topology has no dataset ${dataset}`, { option: "data", dataset });
    }
    if (!existsSync(file))
      throw new LaunchError("OPTION_INVALID", `there is no file ${file} for ${dataset}`, { option: "data", dataset });
  }
};

/**
 * Seals what is not sealed yet: samples on a first start, and the files that were given.
 *
 * @returns the datasets that have a new version
 */
export const sealDatasets = async (
  deps: AdministrationDeps,
  data: LaunchOptions["data"],
): Promise<ReadonlySet<string>> => {
  const { state, run } = deps;
  const versions: NewVersion[] = [];
  for (const { dataset, party, name, sample, last } of datasetsIn(deps)) {
    const given = data.get(dataset);
    if (given === undefined && last > 0) continue;
    const source = given === undefined ? join(state.owner(party), `${name}.csv`) : resolve(given);
    if (given === undefined && !existsSync(source)) {
      await run([
        "sample",
        "--people",
        sample.people,
        "--rows",
        `${sample.rows}`,
        "--seed",
        `${sample.seed}`,
        "--out",
        source,
      ]);
    }
    versions.push({ dataset, party, name, source, version: last + 1 });
  }
  await sealAll(deps, versions);
  // Signed only when all are sealed: a version is there when its owner has signed its manifest.
  for (const { dataset, party, version } of versions) {
    const brokerHome = state.service(`${party}/broker`);
    await run([
      "manifest",
      "sign",
      state.dataset(dataset, version),
      "--key",
      ownerKey(deps, party),
      "--broker-home",
      brokerHome,
    ]);
  }
  return new Set(versions.map(({ dataset }) => dataset));
};

/** The newest version of a contract in the state folder. */
export const newestContract = async (state: State, name: string): Promise<StoredContract | undefined> => {
  const version = state.contractVersions(name).at(-1);
  if (version === undefined) return undefined;
  const file = state.contract(name, version);
  const { contract, digest, missing } = await verifyConsent(parseEnvelope(readFileSync(file, "utf8")));
  if (missing.length > 0)
    throw new LaunchError("STATE_INCOMPLETE", `${file} lacks the signature of ${missing.join(" and ")}`, { file });
  return { contract, digest, file };
};

/** The name and the datasets of a template. */
export const readTemplate = (
  project: string,
  template: string,
): { readonly name: string; readonly datasets: readonly string[] } => {
  const { contract, queries } = parse(readFileSync(join(project, template), "utf8")) as {
    contract: string;
    queries: Record<string, { over: string[] }>;
  }; // `sealmesh contract new` parses it strictly
  return { name: contract, datasets: Object.values(queries).flatMap(({ over }) => over) };
};

/** Makes a contract's first version from its template, or its next one from the one before, and has every owner in it sign. */
export const signNewVersion = async (
  deps: AdministrationDeps,
  template: string,
  options: { readonly facts: string } & Pick<LaunchOptions, "minimumGroup" | "extremes">,
): Promise<void> => {
  const { project, state, run } = deps;
  const { name, datasets } = readTemplate(project, template);
  const last = state.contractVersions(name).at(-1);
  const version = (last ?? 0) + 1;
  const yaml = join(state.contracts, name, `${version}.yaml`);
  // What an interrupted attempt left was signed by nobody who matters: only the contract's own name counts.
  const draft = join(state.contracts, name, `${version}.signing`);
  for (const leftover of [yaml, draft]) rmSync(leftover, { force: true });
  const { facts, minimumGroup, extremes } = options;
  await run([
    "contract",
    ...(last === undefined ? ["new", join(project, template)] : ["next", state.contract(name, last)]),
    "--facts",
    facts,
    "--contract-version",
    `${version}`,
    ...(minimumGroup === undefined ? [] : ["--minimum-group", `${minimumGroup}`]),
    ...(extremes === undefined ? [] : ["--extremes", extremes]),
    "--out",
    yaml,
  ]);
  for (const owner of new Set(datasets.map((dataset) => dataset.split("/")[0] ?? ""))) {
    await run(["contract", "sign", yaml, "--key", ownerKey(deps, owner), "--out", draft]);
  }
  renameSync(draft, state.contract(name, version));
};
