// One process of the mesh under supervision: gives it a TLS certificate, waits until it is ready, stops it.
import type { ChildProcess } from "node:child_process";
import type { LifecycleMessage } from "#mesh";
import type { CertificateAuthority } from "./certificate-authority.ts";
import { LaunchError } from "./launch-error.ts";
import type { ServicePlace } from "./topology.ts";

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 8_000;

/** A process of the mesh that is ready. */
export interface Supervised {
  readonly place: ServicePlace;
  readonly pid: number;
  /** Settles when the process has ended; the text says how. */
  readonly ended: Promise<string>;
  /** Asks the process to stop, kills it when it does not, and settles when it is gone. */
  stop(): Promise<void>;
}

const ending = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? `status ${code}` : `signal ${signal}`));
    child.once("error", (error) => resolve(error.message));
  });

const send = (child: ChildProcess, message: LifecycleMessage): void => {
  // A process that is already gone cannot be told anything: its exit is what is reported.
  if (child.connected) child.send(message, () => undefined);
};

/**
 * Answers the process's request for a certificate and waits until it says that it is ready.
 *
 * @throws {LaunchError} PROCESS_FAILED when it ends before, PROCESS_SILENT when it takes more than a minute
 */
export const supervise = async (
  child: ChildProcess,
  place: ServicePlace,
  authority: CertificateAuthority,
): Promise<Supervised> => {
  const ended = ending(child);
  const stop = async (): Promise<void> => {
    send(child, { type: "stop" });
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    await ended;
    clearTimeout(late);
  };

  const ready = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(
        new LaunchError("PROCESS_SILENT", `${place.label} was not ready within a minute`, { service: place.label }),
      );
    }, READY_WITHIN_MS);
    child.on("message", (message: LifecycleMessage) => {
      if (message.type === "certify") {
        authority
          .issue(new Uint8Array(Buffer.from(message.spki, "base64")), [place.serverName])
          .then((certificate) => send(child, { type: "certified", certificate, ca: authority.certificate }), reject);
      } else if (message.type === "ready") {
        clearTimeout(late);
        resolve();
      }
    });
    void ended.then((how) => {
      clearTimeout(late);
      reject(
        new LaunchError("PROCESS_FAILED", `${place.label} ended before it was ready: ${how}`, {
          service: place.label,
          how,
        }),
      );
    });
  });
  try {
    await ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { place, pid: child.pid ?? 0, ended, stop };
};
