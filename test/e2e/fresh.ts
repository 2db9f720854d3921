// What a test borrows from this machine and gives back when the tests of its file are over: folders, ports, processes.
import type { ChildProcess } from "node:child_process";
import { chmodSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { descendantsOf, leftAfter } from "./processes.ts";

const GONE_WITHIN_MS = 5_000;

/** Ports that nobody else uses: eight from `mesh` on for services, one for the page. */
export interface Ports {
  readonly mesh: number;
  readonly page: number;
}

const folders: string[] = [];
const guards: Server[] = [];
const children: ChildProcess[] = [];

after(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
    const below = descendantsOf(child.pid);
    child.kill("SIGKILL");
    for (const { pid } of await leftAfter(below, GONE_WITHIN_MS)) process.kill(pid, "SIGKILL");
  }
  for (const guard of guards) guard.close();
  for (const folder of folders) {
    // A launcher that was killed leaves its read-only copy behind.
    for (const entry of globSync("**/host/images/**", { cwd: folder, withFileTypes: true }))
      if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o700);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Has a process and all below it killed when the tests of this file are over, however they end. */
export const endWithTests = (child: ChildProcess): void => {
  children.push(child);
};

/** An empty folder that is removed when the tests of this file are over. */
export const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "sealmesh-e2e-"));
  folders.push(folder);
  return folder;
};

/** Listens on a port; undefined when somebody does already. */
export const listenOn = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server.unref()));
  });

const isFree = async (port: number): Promise<boolean> => {
  const server = await listenOn(port);
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  return server !== undefined;
};

// Below the ports that systems give to outgoing connections (from 32768 on Linux).
const LOWEST_PORT = 20_000;
const RANGES = 1_000;
const PORTS_IN_RANGE = 10;

/** Takes a range of free ports. A guard listens on its last port for as long as this process runs, so that no other test takes the same. */
export const takePorts = async (): Promise<Ports> => {
  for (let attempt = 0; attempt < RANGES; attempt++) {
    const first = LOWEST_PORT + ((process.pid + attempt * 7) % RANGES) * PORTS_IN_RANGE;
    const guard = await listenOn(first + PORTS_IN_RANGE - 1);
    if (guard === undefined) continue;
    guards.push(guard);
    const ports = Array.from({ length: PORTS_IN_RANGE - 1 }, (_, offset) => first + offset);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return { mesh: first, page: first + PORTS_IN_RANGE - 2 };
  }
  throw new Error("no range of free ports");
};
