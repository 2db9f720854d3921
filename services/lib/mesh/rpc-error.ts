import { create, type DescMessage, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import type { Code } from "@connectrpc/connect";

/** The domain of the reasons that this package itself gives. */
export const MESH_DOMAIN = "mesh.sealmesh";

/** Why the mesh itself refuses or fails a call. Services add reasons of their own, in their own domains. */
export type MeshReason =
  /** The RPC declares no caller: nobody may call it. */
  | "CALLER_UNDECLARED"
  /** The RPC is for attested workloads, and the connection carries no client certificate. */
  | "EVIDENCE_TLS_KEY"
  /** Too many calls from this address; `RetryInfo` says when the next may come. */
  | "RATE_LIMITED"
  /** The request is not an encoding of its message type. */
  | "REQUEST_MALFORMED"
  /** The deadline passed before the answer. */
  | "DEADLINE_EXCEEDED"
  /** The caller went away. */
  | "CANCELLED"
  /** A peer could not be reached, or not over TLS as demanded; `metadata.peer` names it. */
  | "PEER_UNREACHABLE"
  /** A page token that this server did not make for this list. */
  | "PAGE_TOKEN_INVALID"
  /** Our bug. The cause is in the log only. */
  | "INTERNAL";

/** A message of google.rpc, or one of ours, that goes beside the reason. */
export interface ErrorDetail {
  readonly desc: DescMessage;
  readonly value: Message;
}

/** Makes a detail for an {@link RpcError}. */
export const errorDetail = <D extends DescMessage>(desc: D, value: MessageInitShape<D>): ErrorDetail => ({
  desc,
  value: create(desc, value),
});

/** What an {@link RpcError} is made of. */
export interface RpcErrorFields {
  readonly status: Code;
  /** SCREAMING_SNAKE, as in google.rpc.ErrorInfo. */
  readonly reason: string;
  /** Lower case, with the values found and wanted, without a full stop, never a secret. */
  readonly message: string;
  /** `<area>.sealmesh`; the mesh's own when absent. */
  readonly domain?: string;
  /** Every dynamic part of the message. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly details?: readonly ErrorDetail[];
  /** For the log; never sent. */
  readonly cause?: unknown;
}

/** A failure as it goes over the wire: a canonical code and exactly one google.rpc.ErrorInfo. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly status: Code;
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: readonly ErrorDetail[];

  constructor({ status, reason, message, domain = MESH_DOMAIN, metadata = {}, details = [], cause }: RpcErrorFields) {
    super(message, { cause });
    this.status = status;
    this.reason = reason;
    this.domain = domain;
    this.metadata = metadata;
    this.details = details;
  }
}

/** An {@link RpcError} of the mesh itself. */
export const meshError = (
  reason: MeshReason,
  status: Code,
  message: string,
  rest: Pick<RpcErrorFields, "metadata" | "details" | "cause"> = {},
): RpcError => new RpcError({ status, reason, message, ...rest });
