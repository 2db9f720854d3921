// Starts processes in Node's permission model: their own folders, no child processes, no native code, no inspector, and an environment
// that holds nothing but what their role lists.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { Duplex } from "node:stream";
import { serveChannel } from "./channel.ts";
import { createGuest } from "./guest.ts";
import { HostError } from "./host-error.ts";
import type { WorkloadImage } from "./image.ts";
import { type StandardRole, standardCommand } from "./roles.ts";
import type { SimulatedPki } from "./simulated-pki.ts";

/** A confidential process to start. */
export interface WorkloadLaunch {
  readonly pki: SimulatedPki;
  readonly image: WorkloadImage;
  /** The workload's own folder, `{own}`; made when absent. Its output goes to `process.log` there. */
  readonly ownFolder: string;
  /** `{storage}` of the roles that have one. */
  readonly storageFolder?: string;
  /** Values of the variables that the role lists, and of no others. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A process without a TEE to start. */
export interface StandardLaunch {
  readonly role: StandardRole;
  readonly party: string;
  readonly project: string;
  /** Path of the Node binary. */
  readonly node: string;
  readonly ownFolder: string;
  readonly storageFolder?: string;
}

/** A started process; whether it is ready is for the caller to find out. */
export interface Launched {
  readonly child: ChildProcess;
  /** Path of the file that holds its output. */
  readonly logFile: string;
}

/** Where the secure processor's channel is in the child. */
const CHANNEL_FD = 3;

/** What makes a runtime load or trust something else is never handed over, whatever a role lists. */
const NEVER_HANDED_OVER = /^(?:NODE_|LD_|DYLD_|OPENSSL_|SSL_)/;

const environmentOf = (
  allowed: readonly string[],
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  for (const name of [...allowed, ...Object.keys(values)]) {
    if (NEVER_HANDED_OVER.test(name) || !allowed.includes(name))
      throw new HostError("ENVIRONMENT_REFUSED", `variable ${name} is not handed over`, { name });
  }
  return values;
};

const fillIn = (command: readonly string[], folders: Readonly<Record<string, string | undefined>>): readonly string[] =>
  command.map((word) =>
    word.replace(/\{([a-z]+)\}/g, (placeholder, name: string) => {
      const folder = folders[name];
      if (folder === undefined)
        throw new HostError("PLACEHOLDER_UNKNOWN", `no folder was given for ${placeholder}`, { placeholder });
      return folder;
    }),
  );

// The sandbox compares paths as they are written. Node writes the real path of code that it loads, and a process writes the path of
// its data as it was told: so the first are made real here and the second are not.
const ownFolderOf = (folder: string): string => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return resolve(folder);
};
const storageOf = (folder: string | undefined): string | undefined =>
  folder === undefined ? undefined : resolve(folder);

interface Start {
  readonly command: readonly string[];
  readonly folder: string;
  readonly ownFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly hasChannel: boolean;
}

const start = ({ command, folder, ownFolder, environment, hasChannel }: Start): Launched => {
  const [file = "", ...args] = command;
  const logFile = join(ownFolder, "process.log");
  // Written by the process itself, so that its last words are kept even when the launcher is gone.
  const log = openSync(logFile, "a", 0o600);
  try {
    const child = spawn(file, args, {
      cwd: folder,
      env: environment,
      stdio: hasChannel ? ["ignore", log, log, "pipe", "ipc"] : ["ignore", log, log, "ipc"],
    });
    return { child, logFile };
  } finally {
    closeSync(log);
  }
};

/**
 * Starts a confidential process from its measured copy, with a channel to a secure processor that vouches for this process alone.
 *
 * @throws {HostError} ENVIRONMENT_REFUSED, PLACEHOLDER_UNKNOWN
 */
export const launchWorkload = ({
  pki,
  image,
  storageFolder,
  environment = {},
  ...launch
}: WorkloadLaunch): Launched => {
  const { definition } = image;
  const ownFolder = ownFolderOf(launch.ownFolder);
  const launched = start({
    command: fillIn(definition.command, {
      node: image.node,
      image: image.image,
      own: ownFolder,
      storage: storageOf(storageFolder),
    }),
    folder: image.folder,
    ownFolder,
    environment: environmentOf(definition.environment, environment),
    hasChannel: true,
  });
  const channel = launched.child.stdio[CHANNEL_FD];
  // A socket pair in both directions, as Node makes of "pipe"; absent when the process could not be started, which its events tell.
  if (channel instanceof Duplex) void serveChannel(channel, createGuest(pki, image));
  return launched;
};

/**
 * Starts a process without a TEE from the project folder: the same sandbox, no channel.
 *
 * @throws {HostError} PLACEHOLDER_UNKNOWN
 */
export const launchStandard = ({ role, party, node, storageFolder, ...launch }: StandardLaunch): Launched => {
  const ownFolder = ownFolderOf(launch.ownFolder);
  const project = realpathSync(launch.project);
  return start({
    command: fillIn(standardCommand(role, party), {
      node,
      project,
      own: ownFolder,
      storage: storageOf(storageFolder),
    }),
    folder: project,
    ownFolder,
    environment: {},
    hasChannel: false,
  });
};
