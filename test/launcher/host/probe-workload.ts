// A workload for the tests: tries over IPC what it is told and says how each attempt ended. The tests copy this file into a project
// of their own as services/<role>/main.ts.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { zstdCompressSync } from "node:zlib";
import { evidenceFor, openSecureProcessor, PlatformError, readerClaims } from "#platform";

const processor = openSecureProcessor({ kind: "simulated", fd: 3 });

/** The last argument is `{own}/config.json`. */
const ownFolder = dirname(process.argv.at(-1) ?? "");

const roundTrip = (): Promise<string> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.end("hello"));
    server.listen(0, "127.0.0.1", () => {
      // A listening TCP server has an address and a port.
      const { port } = server.address() as AddressInfo;
      connect(port, "127.0.0.1").on("data", (data) => resolve(data.toString()));
    });
  });

const attempts: Readonly<Record<string, (argument: string) => unknown>> = {
  read: (path) => readFileSync(path, "utf8"),
  list: (path) => readdirSync(path),
  write: (path) => writeFileSync(path, "written"),
  link: (path) => symlinkSync(path, join(ownFolder, "link")),
  import: async (name) => (await import(name)).name,
  spawn: () => spawnSync("true").status,
  worker: () => new Worker("", { eval: true }).threadId,
  addon: (path) => process.dlopen({ exports: {} }, path),
  inspect: async () => (await import("node:inspector")).open(0),
  zstd: () => zstdCompressSync(Buffer.from("x")).length > 0,
  network: roundTrip,
  environment: () => process.env,
  arguments: () => ({
    argv: process.argv.slice(2),
    execArgv: process.execArgv,
    cwd: process.cwd(),
    exec: process.execPath,
  }),
  async evidence(nonce) {
    const claims = readerClaims({ nonce: Buffer.from(nonce, "hex"), tlsSpkiSha256: null });
    const { report, certificates, runtimeClaims } = await evidenceFor(processor, claims);
    return [report, runtimeClaims, ...certificates].map((bytes) => Buffer.from(bytes).toString("hex"));
  },
  async report(hex) {
    const answer = await processor.report(Buffer.from(hex, "hex"));
    const { report, certificates, policyDocument, measurementDocument } = answer;
    return [report, ...certificates, policyDocument, measurementDocument].map((bytes) =>
      Buffer.from(bytes).toString("hex"),
    );
  },
};

const codeOf = (error: unknown): string =>
  error instanceof PlatformError || (error instanceof Error && "code" in error) ? String(error.code) : String(error);

const attempt = async ([name = "", argument = ""]: readonly string[]): Promise<void> => {
  try {
    process.send?.({ value: (await attempts[name]?.(argument)) ?? "done" });
  } catch (error) {
    process.send?.({ error: codeOf(error) });
  }
};

process.on("message", (told: readonly string[]) => void attempt(told));
process.on("disconnect", () => process.exit(0));
console.log("started");
process.send?.("ready");
