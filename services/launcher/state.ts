// Where everything lies in the state folder. Each process may touch its own folder only; `storage` is the untrusted cloud.
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** The paths of one state folder. */
export interface State {
  readonly root: string;
  /** The CA's certificate, for everyone. */
  readonly caCertificate: string;
  /** The launcher's own: the CA's key. */
  readonly authority: string;
  /** The simulated host's own: the simulated hardware's keys and the running images. */
  readonly host: string;
  /** The simulated machine, with the keys that AMD would hold. */
  readonly hardware: string;
  /** What AMD would publish for the simulated machine: its chain and its CRL, for everyone. */
  readonly collateral: string;
  /** What nobody trusts: sealed parts, signed manifests, public class keys. */
  readonly storage: string;
  /** Signed contracts, public. */
  readonly contracts: string;
  /** The owner's administrator: signing key and source data. Never a service's. */
  owner(party: string): string;
  /** A service's own folder, by its label. */
  service(label: string): string;
  /** The folder of one sealed dataset version. */
  dataset(dataset: string, version: number): string;
  /** The versions of a dataset whose owner has signed their manifest, ascending; what else lies there was never finished. */
  datasetVersions(dataset: string): readonly number[];
  /** The versions of a contract that are there, ascending. */
  contractVersions(name: string): readonly number[];
  /** The signed contract of a version. */
  contract(name: string, version: number): string;
}

const numbersIn = (folder: string, pattern: RegExp): readonly number[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .map((entry) => pattern.exec(entry)?.[1])
    .filter((text) => text !== undefined)
    .map(Number)
    .toSorted((a, b) => a - b);

/** @param folder absolute, or relative to the working directory */
export const stateIn = (folder: string): State => {
  const root = resolve(folder);
  const contracts = join(root, "contracts");
  const storage = join(root, "storage");
  return {
    root,
    caCertificate: join(root, "ca.pem"),
    authority: join(root, "authority"),
    host: join(root, "host"),
    hardware: join(root, "host", "hardware"),
    collateral: join(root, "collateral"),
    storage,
    contracts,
    owner: (party) => join(root, "owners", party),
    service: (label) => join(root, "services", label),
    dataset: (dataset, version) => join(storage, dataset, String(version)),
    datasetVersions: (dataset) =>
      numbersIn(join(storage, dataset), /^(\d+)$/).filter((version) =>
        existsSync(join(storage, dataset, String(version), "manifest.json")),
      ),
    contractVersions: (name) => numbersIn(join(contracts, name), /^(\d+)\.json$/),
    contract: (name, version) => join(contracts, name, `${version}.json`),
  };
};
