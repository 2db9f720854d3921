// No answer from a peer, as one error: UNAVAILABLE, PEER_UNREACHABLE, naming the peer.
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { reasonOf } from "./reason.ts";
import { MESH_DOMAIN, type MeshReason } from "./rpc-error.ts";
import { labelOf, type MeshTarget } from "./target.ts";

const REASON: MeshReason = "PEER_UNREACHABLE";
const RETRY_SECONDS = 1n;

/** The peer presented another TLS key than the one it was attested with. */
export class PeerKeyError extends Error {
  override readonly name = "PeerKeyError";
  readonly code = "PEER_KEY_MISMATCH";
}

const transient = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ERR_HTTP2_SESSION_ERROR",
  "ERR_HTTP2_GOAWAY_SESSION",
]);
// OpenSSL names failed verifications without a prefix: UNABLE_TO_VERIFY_LEAF_SIGNATURE, SELF_SIGNED_CERT_IN_CHAIN.
const tlsCode =
  /^(ERR_TLS|ERR_SSL|EPROTO|PEER_KEY|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|INVALID_CA|HOSTNAME_MISMATCH)/;

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** The innermost Node error of a chain of causes. */
const nodeFailure = (error: unknown): Failure | undefined => {
  if (!(error instanceof Error)) return undefined;
  const inner = nodeFailure(error.cause);
  if (inner !== undefined) return inner;
  return "code" in error && typeof error.code === "string" ? { code: error.code, message: error.message } : undefined;
};

const unreachable = (
  target: MeshTarget,
  text: string,
  failure: string,
  retry: boolean,
  cause: unknown,
  code: Code = Code.Unavailable,
): ConnectError => {
  const peer = labelOf(target);
  return new ConnectError(
    text,
    code,
    undefined,
    [
      { desc: ErrorInfoSchema, value: { reason: REASON, domain: MESH_DOMAIN, metadata: { peer, failure } } },
      ...(retry ? [{ desc: RetryInfoSchema, value: { retryDelay: { seconds: RETRY_SECONDS } } }] : []),
    ],
    cause,
  );
};

/** Whether trying to connect again may help. */
export const isTransient = (error: unknown): boolean => transient.has(nodeFailure(error)?.code ?? "");

/**
 * Whether a server that is draining refused the call's stream, which promises that it did nothing of it (RFC 9113, section
 * 8.7): every call may be tried again. connect-node tells it by words only.
 */
export const isRefused = (error: unknown): boolean =>
  error instanceof ConnectError && reasonOf(error) === undefined && /REFUSED_STREAM/.test(error.rawMessage);

/** A connection that was not established. Nothing of the call was sent. */
export const connectionFailure = (target: MeshTarget, error: unknown): ConnectError => {
  const { code, message } = nodeFailure(error) ?? { code: "UNKNOWN", message: String(error) };
  const peer = labelOf(target);
  if (tlsCode.test(code)) return unreachable(target, `TLS with ${peer} failed: ${message}`, code, false, error);
  return unreachable(target, `${peer} at ${target.address} cannot be reached: ${code}`, code, true, error);
};

/**
 * What a call failed with: the peer's own answer as it is, or {@link connectionFailure}'s error for a connection that
 * was lost on the way. The peer may have acted on the call.
 *
 * @param signal the caller's own: a cancellation that did not come from it came from the connection
 */
export const callFailure = (target: MeshTarget, error: unknown, signal: AbortSignal | undefined): unknown => {
  if (!(error instanceof ConnectError) || reasonOf(error) !== undefined || signal?.aborted === true) return error;
  // A deadline that passed without a word from the peer keeps its code, and says whose silence it was.
  if (error.code === Code.DeadlineExceeded) {
    return unreachable(target, `${labelOf(target)} did not answer in time`, "DEADLINE", true, error, error.code);
  }
  const lost =
    error.code === Code.Unavailable || error.code === Code.Canceled || isTransient(error) || isRefused(error);
  if (!lost) return error;
  const failure = nodeFailure(error)?.code ?? "CONNECTION_LOST";
  return unreachable(
    target,
    `the connection to ${labelOf(target)} was lost: ${error.rawMessage}`,
    failure,
    true,
    error,
  );
};
