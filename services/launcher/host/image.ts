// The private, read-only copy that workloads are started from. The copy is what is measured, so a source file that changes after the
// start changes nothing, and what runs is what was measured.
//
//   <images>/<random>/node, package-lock.json, node_modules/     what runs the workloads, shared by all of this launch
//   <images>/<random>/<role>-<party>/package.json, services/…, gen/ts/…   one per workload
//
// Node finds packages by walking up from the file that imports them, so node_modules one folder above needs no link; the sandbox ends
// that walk at the copy.
import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { appendFile, chmod, copyFile, lstat, mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { filesOf, mapSome } from "./closed-set.ts";
import { HostError } from "./host-error.ts";
import { productionPackages } from "./lockfile.ts";
import { measurePolicy, measureRuntime, type NodeRuntime, workloadFiles } from "./measure.ts";
import type { LaunchDocuments } from "./guest.ts";
import type { RoleDefinition } from "./roles.ts";

/** One workload's part of the copy. */
export interface WorkloadImage extends LaunchDocuments {
  readonly definition: RoleDefinition;
  /** The copy of this launch, which the workload may read: `{image}`. */
  readonly image: string;
  /** The copied binary: `{node}`. */
  readonly node: string;
  /** Where the workload is started. */
  readonly folder: string;
}

/** The copy of one launch. */
export interface LaunchImage {
  /** By label, `woodgrove/analytics`. */
  readonly workloads: ReadonlyMap<string, WorkloadImage>;
  /** Removes the copy; nothing happens when it is gone. A copy that is left behind is removed at the next launch. */
  remove(): Promise<void>;
}

/** A workload with text added to one of its files: what whoever changes the code would start. It is measured like any other. */
export interface ChangedWorkload {
  /** Its name among the workloads of the image, `woodgrove/changed-analytics`. */
  readonly label: string;
  readonly definition: RoleDefinition;
  /** One of the workload's files, relative to the project. */
  readonly file: string;
  readonly addedText: string;
}

/** What is copied and measured. */
export interface ImageSource {
  readonly project: string;
  /** The host's folder for copies; nobody else uses it, and what an earlier launch left there is removed. */
  readonly images: string;
  readonly workloads: readonly RoleDefinition[];
  /** To show that a change is noticed; none unless given. */
  readonly changed?: readonly ChangedWorkload[];
  readonly node: NodeRuntime;
  /** NODE_OPTIONS in force where the host runs; empty when unset. */
  readonly nodeOptions: string;
}

const FILE_MODE = 0o400;
const FOLDER_MODE = 0o500;

/** A read-only folder has to become writable before its content can go. */
const unlockTree = async (folder: string): Promise<void> => {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await unlockTree(join(folder, entry.name));
};

const removeTree = async (path: string): Promise<void> => {
  if (!existsSync(path)) return;
  if ((await lstat(path)).isDirectory()) await unlockTree(path);
  await rm(path, { recursive: true, force: true });
};

const lockTree = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await lockTree(join(folder, entry.name));
  await chmod(folder, FOLDER_MODE);
};

const copyOne = async (from: string, to: string, mode: number): Promise<void> => {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(to, mode);
};

const copyFiles = async (from: string, to: string, files: readonly string[]): Promise<void> => {
  for (const folder of new Set(files.map((file) => dirname(join(to, file))))) await mkdir(folder, { recursive: true });
  await mapSome(files, (file) => copyOne(join(from, file), join(to, file), FILE_MODE));
};

const packageFiles = async (project: string): Promise<readonly string[]> => {
  const folders = productionPackages(await readFile(join(project, "package-lock.json"), "utf8"));
  const files = await mapSome(folders, (folder) => {
    if (existsSync(join(project, folder))) return filesOf(project, folder);
    throw new HostError("PACKAGE_MISSING", `${folder} is in package-lock.json and not installed`, { folder });
  });
  return ["package-lock.json", ...files.flat()];
};

interface Part {
  readonly label: string;
  readonly definition: RoleDefinition;
  readonly folder: string;
  readonly changed?: ChangedWorkload;
}

const partsOf = ({ workloads, changed = [] }: ImageSource, image: string): readonly Part[] => {
  const folderOf = ({ role, party }: RoleDefinition): string => join(image, `${role}-${party}`);
  return [
    ...workloads.map((definition) => ({
      label: `${definition.party}/${definition.role}`,
      definition,
      folder: folderOf(definition),
    })),
    ...changed.map((changed) => ({
      label: changed.label,
      definition: changed.definition,
      folder: `${folderOf(changed.definition)}-changed`,
      changed,
    })),
  ];
};

const addText = async (file: string, text: string): Promise<void> => {
  await chmod(file, 0o600);
  await appendFile(file, text);
  await chmod(file, FILE_MODE);
};

/**
 * Copies the closed set of every workload, then measures the copies.
 *
 * @throws {HostError} LOCKFILE_INVALID, PACKAGE_MISSING, SOURCE_REFUSED
 */
export const createLaunchImage = async (source: ImageSource): Promise<LaunchImage> => {
  const { project, node, nodeOptions } = source;
  await mkdir(source.images, { recursive: true, mode: 0o700 });
  const images = await realpath(source.images);
  for (const stale of await readdir(images)) await removeTree(join(images, stale));
  const image = join(images, randomBytes(8).toString("hex"));
  await mkdir(image, { mode: 0o700 });

  await copyOne(node.path, join(image, "node"), FOLDER_MODE);
  await copyFiles(project, image, await packageFiles(project));
  const parts = partsOf(source, image);
  for (const { definition, folder, changed } of parts) {
    await copyFiles(project, folder, await workloadFiles(project, definition.role));
    if (changed !== undefined) await addText(join(folder, changed.file), changed.addedText);
  }
  await lockTree(image);

  const copiedNode = { path: join(image, "node"), version: node.version };
  const measurementDocument = await measureRuntime({ folder: image, node: copiedNode, nodeOptions });
  const workloads = new Map<string, WorkloadImage>();
  for (const { label, definition, folder } of parts) {
    const policyDocument = await measurePolicy(folder, definition);
    workloads.set(label, { definition, image, node: copiedNode.path, folder, policyDocument, measurementDocument });
  }
  return { workloads, remove: () => removeTree(image) };
};
