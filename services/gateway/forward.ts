// Forwarding routes: what a browser says in Connect or gRPC-Web is said to the mesh in gRPC, message by message.
//
// The gateway is untrusted: it sees what anyone may see. RPCs that need the caller's own attested connection are not
// forwarded at all, because here the connection would be the gateway's.
import { getOption, type DescMethod, type DescService } from "@bufbuild/protobuf";
import type { Client, ConnectRouter, HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { caller, Caller } from "#gen/sealmesh/options/v1alpha1/options_pb.ts";

const UNARY_TIMEOUT_MS = 60_000;

/** Whether a browser may call a method through the gateway. */
export const isForwarded = (method: DescMethod): boolean =>
  (method.methodKind === "unary" || method.methodKind === "server_streaming") &&
  getOption(method, caller) === Caller.ANYONE;

/** One call of a generated client, seen without its message types: both kinds take a request and options. */
type Call = (request: unknown, options: { signal: AbortSignal; timeoutMs?: number }) => unknown;

/**
 * Adds the forwarding routes of one service.
 *
 * @param client reaches the service in the mesh
 */
export const forward = <S extends DescService>(router: ConnectRouter, service: S, client: Client<S>): void => {
  const calls = client as unknown as Readonly<Record<string, Call>>; // a client has one function per method, by local name
  const implementation: Record<string, unknown> = {};
  for (const method of service.methods.filter(isForwarded)) {
    const call = calls[method.localName];
    if (call === undefined) throw new TypeError(`the client has no ${method.localName}`);
    implementation[method.localName] =
      method.methodKind === "unary"
        ? (request: unknown, { signal }: HandlerContext) => call(request, { signal, timeoutMs: UNARY_TIMEOUT_MS })
        : (request: unknown, { signal }: HandlerContext) => call(request, { signal });
  }
  router.service(service, implementation as Partial<ServiceImpl<S>>); // built from the same descriptor
};
