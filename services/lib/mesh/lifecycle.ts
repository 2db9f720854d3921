// A service under its launcher. They talk over Node's own channel between a parent and a child; what is said there is
// public: names, certificates, a port. The end of the channel is the end of the service, so that none outlives a launcher
// that was killed.
import type { Log } from "./log.ts";

/** Every message between a launcher and a service. */
export type LifecycleMessage =
  /** Service to launcher: asks for a certificate for a public key; base64 of its SubjectPublicKeyInfo, DER. */
  | { readonly type: "certify"; readonly spki: string }
  /** Launcher to service: the certificate and the CA it chains to, PEM. */
  | { readonly type: "certified"; readonly certificate: string; readonly ca: string }
  /** Service to launcher: it serves on this port. */
  | { readonly type: "ready"; readonly port: number }
  /** Launcher to service: stop. */
  | { readonly type: "stop" };

/** The part of `process` that a lifecycle needs. */
export type LaunchedProcess = Pick<NodeJS.Process, "send" | "on" | "off" | "once" | "exit" | "connected">;

/** Whether a value from the channel is a message of the given type. */
export const isLifecycleMessage = <T extends LifecycleMessage["type"]>(
  value: unknown,
  type: T,
): value is Extract<LifecycleMessage, { type: T }> =>
  typeof value === "object" && value !== null && "type" in value && value.type === type;

/** Sends a message to the launcher. Without one, nobody is told. */
export const tellLauncher = (message: LifecycleMessage, launched: LaunchedProcess = process): void => {
  if (launched.connected) launched.send?.(message);
};

/** Tells the launcher that the service serves. */
export const announceReady = (port: number, launched: LaunchedProcess = process): void =>
  tellLauncher({ type: "ready", port }, launched);

/**
 * Runs `stop` once: when the launcher says so or is gone, or on SIGTERM or SIGINT. Then the process exits, with status 0,
 * or 1 and one line in the log when `stop` failed.
 */
export const onStop = (stop: () => Promise<void>, log: Log, launched: LaunchedProcess = process): void => {
  let stopping = false;
  const run = async (why: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    try {
      await stop();
      log({ level: "info", event: "stopped", metadata: { why } });
      launched.exit(0);
    } catch (cause) {
      log({ level: "error", event: "stop failed", metadata: { why }, cause });
      launched.exit(1);
    }
  };
  launched.on("message", (message: unknown) => {
    if (isLifecycleMessage(message, "stop")) void run("launcher");
  });
  launched.on("disconnect", () => void run("launcher gone"));
  launched.on("SIGTERM", () => void run("SIGTERM"));
  launched.on("SIGINT", () => void run("SIGINT"));
};
