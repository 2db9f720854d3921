import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { createClient, type CallOptions, type Client } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { callFailure, isRefused } from "./peer-failure.ts";
import { createSessions } from "./session.ts";
import type { MeshTarget } from "./target.ts";

/** How a client behaves. */
export interface MeshClientOptions {
  /** Refuses every later connection whose peer has another key than on the first. For keys that are known beforehand, pin the target. */
  readonly pinFirstKey?: boolean;
  /** Deadline of unary calls that are given none; 60 s by default. Streams have none by default. */
  readonly unaryTimeoutMs?: number;
}

/** Connections to one target, for as many services as it has. */
export interface MeshConnection {
  client<S extends DescService>(desc: S): Client<S>;
  /** SHA-256 of the SubjectPublicKeyInfo that the peer presented last; absent before the first call and without TLS. */
  peerSpkiSha256(): Uint8Array | undefined;
  /** Ends all connections and the calls on them. */
  close(): void;
}

const UNARY_TIMEOUT_MS = 60_000;
// A call that a draining server refused goes to the next connection; more than one may be draining.
const REFUSED_TRIES = 2;
const READ_MAX_BYTES = 4 * 1024 * 1024;

type Unary = (request: unknown, options?: CallOptions) => Promise<unknown>;
type Stream = (request: unknown, options?: CallOptions) => AsyncIterable<unknown>;

const callUnary = async (call: Unary, request: unknown, options: CallOptions, target: MeshTarget) => {
  for (let triesLeft = REFUSED_TRIES; ; triesLeft--)
    try {
      return await call(request, options);
    } catch (error) {
      if (!isRefused(error) || triesLeft === 0) throw callFailure(target, error, options.signal);
    }
};

/** connect's own client ignores that a loop over a stream is left; here leaving the loop cancels the call. */
async function* callStream(call: Stream, request: unknown, options: CallOptions, target: MeshTarget) {
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  let messages: AsyncIterator<unknown> | undefined;
  try {
    for (let triesLeft = REFUSED_TRIES; ; triesLeft--)
      try {
        messages = call(request, { ...options, signal })[Symbol.asyncIterator]();
        for (let next = await messages.next(); next.done !== true; next = await messages.next()) yield next.value;
        return;
      } catch (error) {
        // A refused stream has no first message, so that none is given out twice.
        if (!isRefused(error) || triesLeft === 0) throw callFailure(target, error, options.signal);
      }
  } finally {
    left.abort();
    // Only a call that is read past its abort lets go of its deadline's timer.
    void messages?.next().catch(() => undefined);
  }
}

const withDefaults = (method: DescMethod, call: unknown, target: MeshTarget, unaryTimeoutMs: number): unknown => {
  if (method.methodKind === "unary")
    return (request: unknown, options: CallOptions = {}) =>
      callUnary(call as Unary, request, { timeoutMs: unaryTimeoutMs, ...options }, target); // the kind says what `call` is
  if (method.methodKind === "server_streaming")
    return (request: unknown, options: CallOptions = {}) => callStream(call as Stream, request, options, target); // likewise
  return call;
};

/**
 * Makes the connections to a target; they are opened when a call needs them. A connection that cannot be made is tried
 * three times, then calls fail with UNAVAILABLE, `PEER_UNREACHABLE` and the target's label in `metadata.peer`.
 */
export const connectMesh = (target: MeshTarget, options: MeshClientOptions = {}): MeshConnection => {
  const sessions = createSessions(target, { pinFirstKey: options.pinFirstKey ?? false });
  const transport = createGrpcTransport({
    baseUrl: sessions.baseUrl,
    sessionManager: sessions.manager,
    readMaxBytes: READ_MAX_BYTES,
    // What this mesh moves is ciphertext, which does not compress.
    acceptCompression: [],
  });
  return {
    client: <S extends DescService>(desc: S): Client<S> => {
      const plain = createClient(desc, transport) as Readonly<Record<string, unknown>>; // one function per local name
      return Object.fromEntries(
        desc.methods.map((method) => [
          method.localName,
          withDefaults(method, plain[method.localName], target, options.unaryTimeoutMs ?? UNARY_TIMEOUT_MS),
        ]),
      ) as Client<S>; // the same names and signatures as `plain`
    },
    peerSpkiSha256: () => sessions.peerSpkiSha256(),
    close: () => sessions.close(),
  };
};

/** A client of one service, with connections of its own. */
export const createMeshClient = <S extends DescService>(
  desc: S,
  target: MeshTarget,
  options: MeshClientOptions = {},
): Client<S> => connectMesh(target, options).client(desc);
