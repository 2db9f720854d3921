// The one interceptor that decides who may call: it runs when the headers of a call arrive, before its body is read.
import { getOption, type DescMethod } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { caller, Caller } from "#gen/sealmesh/options/v1alpha1/options_pb.ts";
import { clientSpkiSha256 } from "./call-context.ts";
import { methodName, type MeshService } from "./mesh-service.ts";
import { createRateLimiter, type RateLimits } from "./rate-limit.ts";
import { errorDetail, meshError, type RpcError } from "./rpc-error.ts";
import { toWireStatus } from "./status-wire.ts";

/** What the interceptor looks at. */
type Arriving = Parameters<ServerInterceptor>[1];

const undeclared = (method: string): RpcError =>
  meshError("CALLER_UNDECLARED", Code.PermissionDenied, `${method} declares no caller`, { metadata: { method } });

const withoutCertificate = (method: string): RpcError =>
  meshError("EVIDENCE_TLS_KEY", Code.Unauthenticated, `${method} needs a client certificate, the connection has none`, {
    metadata: { method },
  });

const tooMany = (method: string, retryMs: number): RpcError =>
  meshError("RATE_LIMITED", Code.ResourceExhausted, `too many calls of ${method}, the next in ${retryMs} ms`, {
    metadata: { method, retry_ms: `${retryMs}` },
    details: [
      errorDetail(RetryInfoSchema, {
        retryDelay: { seconds: BigInt(Math.floor(retryMs / 1000)), nanos: (retryMs % 1000) * 1_000_000 },
      }),
    ],
  });

/** The rule that a method's `caller` option stands for. Total: what is not declared, or not known here, is refused. */
const callerRule = (desc: DescMethod, tls: boolean): ((call: Arriving) => RpcError | undefined) => {
  const method = methodName(desc);
  switch (getOption(desc, caller)) {
    case Caller.ANYONE:
    case Caller.BEARER_OF_SIGNED_STATEMENT:
      return () => undefined;
    case Caller.ATTESTED_WORKLOAD:
      return (call) => (tls && clientSpkiSha256(call) === undefined ? withoutCertificate(method) : undefined);
    case Caller.UNSPECIFIED:
    default: // also a value that a newer proto may add
      return () => undeclared(method);
  }
};

const addressOf = (call: Arriving): string => call.getConnectionInfo().remoteAddress ?? "unknown";

/**
 * Makes the interceptor. Methods of other services (health, reflection) pass.
 *
 * @throws {TypeError} when a limit names a method that is not served: a limit with a typing error would limit nothing
 */
export const createAdmission = (options: {
  readonly services: readonly MeshService[];
  readonly tls: boolean;
  readonly limits: RateLimits;
  readonly onRefusal: (method: string, error: RpcError) => void;
}): ServerInterceptor => {
  const methods = options.services.flatMap(({ methods }) => methods.map(({ desc }) => desc));
  const rules = new Map(methods.map((desc) => [methodName(desc), callerRule(desc, options.tls)]));
  for (const name of Object.keys(options.limits))
    if (!rules.has(name)) throw new TypeError(`a rate limit names ${name}, which is not served`);
  const take = createRateLimiter(options.limits);

  const admit = (method: string, call: Arriving): RpcError | undefined => {
    const refusal = rules.get(method)?.(call);
    if (refusal !== undefined) return refusal;
    const retryMs = take(addressOf(call), method);
    return retryMs === undefined ? undefined : tooMany(method, retryMs);
  };

  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            const method = path.slice(1);
            const refusal = admit(method, call);
            if (refusal === undefined) {
              pass(metadata);
              return;
            }
            options.onRefusal(method, refusal);
            call.sendStatus(toWireStatus(refusal));
          },
        }),
    });
};
