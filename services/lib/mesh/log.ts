import { statusName } from "./status-wire.ts";
import type { RpcError } from "./rpc-error.ts";

/** One line of the log. No field ever holds a secret. */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  /** What happened, when it is not a call: `listening`, `stopped`. */
  readonly event?: string;
  /** `sealmesh.broker.v1alpha1.KeyBroker/ReleaseKeys`. */
  readonly method?: string;
  /** `PERMISSION_DENIED`. */
  readonly status?: string;
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What stands behind an internal error: stays here, never goes over the wire. */
  readonly cause?: unknown;
}

/** Writes one line. */
export type Log = (entry: LogEntry) => void;

const causeText = (cause: unknown): string => (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));

/**
 * Makes the log of a service: one JSON object per line, on stderr.
 *
 * @param service `contoso/broker`
 * @param write takes each finished line; stderr by default
 */
export const createLog =
  (service: string, write: (line: string) => void = (line) => process.stderr.write(line)): Log =>
  ({ level, cause, ...fields }) =>
    write(
      `${JSON.stringify({
        time: new Date().toISOString(),
        level,
        service,
        ...fields,
        ...(cause === undefined ? {} : { cause: causeText(cause) }),
      })}\n`,
    );

const ours = new Set(["INTERNAL", "UNKNOWN", "DATA_LOSS"]);

/** The one line of a failed call. */
export const failedCall = (method: string, error: RpcError): LogEntry => {
  const status = statusName(error.status);
  return {
    level: ours.has(status) ? "error" : "warn",
    method,
    status,
    reason: error.reason,
    metadata: error.metadata,
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  };
};
