import { Code } from "@connectrpc/connect";
import type { ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import { meshError } from "./rpc-error.ts";
import { certificateSpkiSha256 } from "./spki.ts";

/** Who is at the other end of a connection. */
export interface Peer {
  /** Remote address and port. */
  readonly address: string;
  /** SHA-256 of the SubjectPublicKeyInfo of the client certificate; absent without one. That it chains to our CA is checked. */
  readonly spkiSha256: Uint8Array | undefined;
}

/** What a handler knows of its call. */
export interface CallContext {
  /** Aborted when the caller goes away or the deadline passes; its reason is an RpcError. */
  readonly signal: AbortSignal;
  /** Absent for streams of callers that set none. */
  readonly deadline: Date | undefined;
  readonly peer: Peer;
  /** `sealmesh.broker.v1alpha1.KeyBroker/ReleaseKeys`. */
  readonly method: string;
}

/** A call being served, as grpc-js sees both kinds. */
export type ServedCall = ServerUnaryCall<Uint8Array, Uint8Array> | ServerWritableStream<Uint8Array, Uint8Array>;

/** A context with the means to end it. */
export interface OpenCall {
  readonly context: CallContext;
  /** To be called when the handler is done: the call's end is then no longer an abort. */
  readonly close: () => void;
}

/** SHA-256 of the SubjectPublicKeyInfo of a call's client certificate. */
export const clientSpkiSha256 = (call: Pick<ServedCall, "getAuthContext">): Uint8Array | undefined => {
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  return raw === undefined ? undefined : certificateSpkiSha256(raw);
};

/** Opens the context of a call. `timeoutMs` holds for callers that set no deadline. */
export const openCall = (call: ServedCall, method: string, timeoutMs: number | undefined): OpenCall => {
  const controller = new AbortController();
  const asked = Number(call.getDeadline());
  const limit = Number.isFinite(asked) ? asked : timeoutMs === undefined ? undefined : Date.now() + timeoutMs;

  const abort = (): void => {
    const late = limit !== undefined && Date.now() >= limit;
    controller.abort(
      late
        ? meshError("DEADLINE_EXCEEDED", Code.DeadlineExceeded, `${method} passed its deadline`, {
            metadata: { method },
          })
        : meshError("CANCELLED", Code.Canceled, `${method} was cancelled by the caller`, { metadata: { method } }),
    );
  };
  call.once("cancelled", abort);
  // A deadline that the caller set is kept by grpc-js, which then cancels; one of ours is not.
  const timer =
    limit === undefined || Number.isFinite(asked) ? undefined : setTimeout(abort, Math.max(0, limit - Date.now()) + 1);

  let spki: Uint8Array | undefined | null = null; // null: not looked up yet; it takes parsing a certificate
  return {
    context: {
      signal: controller.signal,
      deadline: limit === undefined ? undefined : new Date(limit),
      peer: {
        address: call.getPeer(),
        get spkiSha256() {
          if (spki === null) spki = clientSpkiSha256(call);
          return spki;
        },
      },
      method,
    },
    close: () => {
      clearTimeout(timer);
      call.off("cancelled", abort);
    },
  };
};
