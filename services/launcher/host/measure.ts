// What the host measures: the two documents of proto/FORMATS.md section 2. The same functions measure the private copy that is started and
// the project folder from which reference values are made.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "#sealing";
import { fileSha384, filesOf, mapSome } from "./closed-set.ts";
import { HostError } from "./host-error.ts";
import { productionPackages } from "./lockfile.ts";
import type { RoleDefinition } from "./roles.ts";

/** The runtime that executes workloads. */
export interface NodeRuntime {
  /** Path of the binary. */
  readonly path: string;
  /** As the binary says it, `v24.21.0`. */
  readonly version: string;
}

/** What goes into the measurement document. */
export interface RuntimeToMeasure {
  /** Folder with package-lock.json and node_modules. */
  readonly folder: string;
  readonly node: NodeRuntime;
  /** NODE_OPTIONS in force where the host measures; empty when unset. */
  readonly nodeOptions: string;
}

/** The folders of a project that belong to a workload of this role, besides package.json. */
export const foldersOf = (role: string): readonly string[] => [`services/${role}`, "services/lib", "gen/ts"];

/** The files of a project that belong to a workload of this role. */
export const workloadFiles = async (project: string, role: string): Promise<readonly string[]> => {
  const files = await Promise.all(foldersOf(role).map((folder) => filesOf(project, folder)));
  return ["package.json", ...files.flat()];
};

const encode = (document: unknown): Uint8Array => new TextEncoder().encode(canonicalJson(document));

/**
 * Makes the policy document of a workload; HOST_DATA is its SHA-256.
 *
 * @param folder the project folder or the workload's copy of it
 * @throws {HostError} SOURCE_REFUSED
 */
export const measurePolicy = async (folder: string, definition: RoleDefinition): Promise<Uint8Array> => {
  const { role, command, environment } = definition;
  const files = await mapSome(await workloadFiles(folder, role), async (file) => [
    file,
    `sha384:${await fileSha384(join(folder, file))}`,
  ]);
  return encode({ v: 1, role, command, environment, files: Object.fromEntries(files) });
};

/** A package's digest: SHA-384 of one line per file. */
const packageDigest = async (root: string, folder: string): Promise<string> => {
  if (!existsSync(join(root, folder)))
    throw new HostError("PACKAGE_MISSING", `${folder} is in package-lock.json and not installed`, { folder });
  const lines = await mapSome(
    await filesOf(root, folder),
    async (file) => `${await fileSha384(join(root, file))}  ${file.slice(folder.length + 1)}\n`,
  );
  return `sha384:${createHash("sha384").update(lines.join("")).digest("hex")}`;
};

/**
 * Makes the measurement document of what runs the workloads; MEASUREMENT is its SHA-384.
 *
 * @throws {HostError} LOCKFILE_INVALID, PACKAGE_MISSING, SOURCE_REFUSED
 */
export const measureRuntime = async ({ folder, node, nodeOptions }: RuntimeToMeasure): Promise<Uint8Array> => {
  const lockfile = await readFile(join(folder, "package-lock.json"));
  const [binary, packages] = await Promise.all([
    fileSha384(node.path),
    mapSome(productionPackages(lockfile.toString()), async (name) => [name, await packageDigest(folder, name)]),
  ]);
  return encode({
    v: 1,
    node: { version: node.version, sha384: `sha384:${binary}` },
    options: nodeOptions,
    lockfile: `sha384:${createHash("sha384").update(lockfile).digest("hex")}`,
    packages: Object.fromEntries(packages),
  });
};

/** HOST_DATA of a policy document, as documents write it: `sha256:` and 64 hexadecimal digits. */
export const hostDataOf = (policyDocument: Uint8Array): string =>
  `sha256:${createHash("sha256").update(policyDocument).digest("hex")}`;

/** MEASUREMENT of a measurement document: `sha384:` and 96 hexadecimal digits. */
export const measurementOf = (measurementDocument: Uint8Array): string =>
  `sha384:${createHash("sha384").update(measurementDocument).digest("hex")}`;
