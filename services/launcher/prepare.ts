// From a state folder, empty or not, to everything that the processes need: keys, sealed data, contracts, and a measured copy.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  newestContract,
  prepareKeys,
  readTemplate,
  sealDatasets,
  signNewVersion,
  type AdministrationDeps,
  type StoredContract,
} from "./administration.ts";
import { openCertificateAuthority, type CertificateAuthority } from "./certificate-authority.ts";
import { createCommandRunner, type RunCommand, type Voice } from "./console.ts";
import { workloadFacts, writeFacts, type PartyKeys } from "./facts.ts";
import { createLaunchImage, type LaunchImage } from "./host/image.ts";
import { compareReference, readReference } from "./host/reference.ts";
import { workloadRole, type ConfidentialRole } from "./host/roles.ts";
import { publishCollateral } from "./host/publish-collateral.ts";
import { openSimulatedPki, type SimulatedPki } from "./host/simulated-pki.ts";
import { LaunchError } from "./launch-error.ts";
import type { LaunchOptions } from "./options.ts";
import type { State } from "./state.ts";
import type { ServicePlace, Topology } from "./topology.ts";

/** What the processes are started with. */
export interface Prepared {
  readonly authority: CertificateAuthority;
  readonly pki: SimulatedPki;
  readonly image: LaunchImage;
  readonly keys: ReadonlyMap<string, PartyKeys>;
  readonly contracts: readonly StoredContract[];
  readonly run: RunCommand;
}

/** What is prepared. */
export interface Preparation {
  readonly project: string;
  readonly state: State;
  readonly topology: Topology;
  readonly places: readonly ServicePlace[];
  readonly options: LaunchOptions;
  readonly voice: Voice;
}

const confidential: ReadonlySet<string> = new Set<ConfidentialRole>(["analytics", "provider"]);

/** The confidential workloads of a topology. */
export const workloadRoles = (places: readonly ServicePlace[]) =>
  places
    .filter(({ role }) => confidential.has(role))
    .map(({ role, party }) => workloadRole(role as ConfidentialRole, party)); // filtered by the set

/** Which topology a state folder was made by. */
export interface StateClaim {
  readonly name: string;
  /** The name or file that was asked for. */
  readonly source: string;
}

const claimFile = ({ root }: State): string => join(root, "topology.json");

/** Reads which topology made a state folder; undefined when none did yet. */
export const readClaim = (state: State): StateClaim | undefined =>
  existsSync(claimFile(state)) ? (JSON.parse(readFileSync(claimFile(state), "utf8")) as StateClaim) : undefined; // written below

/** A state folder belongs to one topology: its contracts and places are that one's. */
const claimState = ({ state, topology, options }: Preparation): void => {
  const before = readClaim(state)?.name;
  if (before === undefined) {
    const claim: StateClaim = { name: topology.topology, source: options.topology };
    writeFileSync(claimFile(state), `${JSON.stringify(claim)}\n`);
    return;
  }
  if (before !== topology.topology) {
    throw new LaunchError(
      "STATE_INCOMPLETE",
      `${state.root} was made by the topology ${before}: choose another folder with --state`,
      { topology: before },
    );
  }
};

const sayReference = async (
  { project, voice }: Preparation,
  workloads: Readonly<Record<string, { readonly host_data: readonly string[] }>>,
): Promise<void> => {
  const reference = await readReference(join(project, "infra", "reference", "host-data.json"));
  const measured = Object.fromEntries(
    Object.entries(workloads).map(([label, { host_data }]) => [label, host_data[0] ?? ""]),
  );
  const differing = compareReference(reference, measured).filter(({ measured: own }) => own !== undefined);
  if (differing.length === 0) {
    voice.say("reference", "What was measured is what infra/reference says.");
    return;
  }
  for (const { workload, reference: wanted, measured: own } of differing) {
    voice.say(
      "reference",
      `${workload} differs from infra/reference: HOST_DATA is ${own}, committed is ${wanted ?? "nothing"}`,
      {
        workload,
        measured: own,
        reference: wanted ?? null,
      },
    );
  }
};

/** Makes new contract versions where there is none, or where its data are new; an existing one is never renewed. */
const prepareContracts = async (
  preparation: Preparation,
  deps: AdministrationDeps,
  parts: Pick<Prepared, "authority" | "pki" | "image" | "keys"> & { readonly sealed: ReadonlySet<string> },
): Promise<readonly StoredContract[]> => {
  const { project, state, topology, options } = preparation;
  const approvable = workloadRoles(preparation.places).map(({ party, role }) => `${party}/${role}`);
  const measured = workloadFacts(
    parts.pki.signer().machine,
    [...parts.image.workloads].filter(([label]) => approvable.includes(label)),
  );
  let written = false;
  for (const template of topology.contracts) {
    const { name, datasets } = readTemplate(project, template);
    const newest = await newestContract(state, name);
    if (newest !== undefined && !datasets.some((dataset) => parts.sealed.has(dataset))) continue;
    if (newest === undefined) await sayReference(preparation, measured);
    // New data are not a reason to accept new code: a later version keeps the workloads of the one before.
    const facts = await writeFacts({
      ...preparation,
      ...parts,
      simulatedRoot: parts.pki.arkSpkiSha256,
      workloads: newest?.contract.workloads ?? measured,
    });
    await signNewVersion(deps, template, { ...options, facts });
    written = true;
  }
  if (!written && (options.minimumGroup !== undefined || options.extremes !== undefined)) {
    throw new LaunchError(
      "OPTION_INVALID",
      "--minimum-group and --extremes go into a new version of a contract: give --data, or an empty --state folder",
      {},
    );
  }
  const contracts = await Promise.all(
    topology.contracts.map((template) => newestContract(state, readTemplate(project, template).name)),
  );
  return contracts.filter((contract) => contract !== undefined);
};

const openMachine = ({ state, options }: Preparation): Promise<SimulatedPki> => {
  const { chip, reportVersion, signer } = options;
  return openSimulatedPki(state.hardware, {
    shape: {
      ...(chip === undefined ? {} : { chip }),
      ...(reportVersion === undefined ? {} : { reportVersion }),
      ...(signer === undefined ? {} : { signer }),
    },
  });
};

/**
 * Prepares a launch.
 *
 * @throws {LaunchError}
 */
export const prepare = async (preparation: Preparation): Promise<Prepared> => {
  const { project, state, topology, places, options, voice } = preparation;
  claimState(preparation);
  mkdirSync(state.storage, { recursive: true });
  mkdirSync(state.contracts, { recursive: true });
  const isFirst = Object.keys(topology.parties).every((party) => !existsSync(state.owner(party)));
  if (isFirst)
    voice.say("first-start", `First start in ${state.root}: playing each owner's administrator.`, {
      state: state.root,
    });

  const run = createCommandRunner(project, voice);
  const deps: AdministrationDeps = { project, state, topology, run, voice };
  const [authority, pki, image, keys] = await Promise.all([
    openCertificateAuthority(state.authority),
    openMachine(preparation),
    createLaunchImage({
      project,
      images: join(state.host, "images"),
      workloads: workloadRoles(places),
      changed: places
        .filter(({ role }) => role === "changed-analytics")
        .map(({ label, party }) => ({
          label,
          definition: workloadRole("analytics", party),
          file: "services/analytics/main.ts",
          addedText: "// One comment more than the owners approved.\n",
        })),
      node: { path: process.execPath, version: process.version },
      nodeOptions: process.env["NODE_OPTIONS"] ?? "",
    }),
    prepareKeys(deps),
  ]);
  try {
    writeFileSync(state.caCertificate, authority.certificate);
    await publishCollateral(pki, state.collateral);
    const sealed = await sealDatasets(deps, options.data);
    const contracts = await prepareContracts(preparation, deps, { authority, pki, image, keys, sealed });
    return { authority, pki, image, keys, contracts, run };
  } catch (error) {
    await image.remove();
    throw error;
  }
};
