import { Server } from "@grpc/grpc-js";
import { ServerCredentials } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { createAdmission } from "./admission.ts";
import { listen, type ServerTls } from "./listener.ts";
import { failedCall, type Log } from "./log.ts";
import type { MeshService } from "./mesh-service.ts";
import { mount } from "./mount.ts";
import type { RateLimits } from "./rate-limit.ts";
import { addReflection } from "./reflection.ts";
import type { RpcError } from "./rpc-error.ts";
import { mapError, type StatusTable } from "./status-table.ts";

/** What a server is made of. */
export interface MeshServerOptions {
  readonly services: readonly MeshService[];
  /** How the domain errors of these services become statuses. */
  readonly errors: readonly StatusTable[];
  readonly tls: ServerTls;
  /** 0 takes a free one. */
  readonly port: number;
  /** Loopback by default. */
  readonly host?: string;
  /** Token buckets per address and method; none by default. */
  readonly limits?: RateLimits;
  readonly log: Log;
  /** Deadline of unary calls that carry none; 60 s by default. */
  readonly unaryTimeoutMs?: number;
}

/** A server that listens. */
export interface MeshServer {
  readonly port: number;
  /**
   * Drains: health says NOT_SERVING, no new connection or call is taken, running calls may end within `graceMs`; then
   * they are cancelled. Settles when the last handler is done, at most a second after that.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}

const UNARY_TIMEOUT_MS = 60_000;
const MAX_CONNECTIONS = 1_000;
const CLEAN_UP_MS = 1_000;

const transportLimits = {
  "grpc.max_receive_message_length": 4 * 1024 * 1024,
  // What services send is theirs to bound; receivers have limits of their own.
  "grpc.max_send_message_length": -1,
  "grpc.max_concurrent_streams": 100,
  "grpc.max_connection_idle_ms": 5 * 60_000,
  // Below the lifetime of certificates, so that a connection never long outlives the identity it began with.
  "grpc.max_connection_age_ms": 60 * 60_000,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.enable_channelz": 0,
} as const;

const within = (promise: Promise<unknown>, ms: number): Promise<void> => {
  let timer: NodeJS.Timeout;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return Promise.race([promise.then(() => undefined), late]).finally(() => clearTimeout(timer));
};

/** Starts a server for services of the mesh, with health and reflection; settles when it listens. */
export const createMeshServer = async (options: MeshServerOptions): Promise<MeshServer> => {
  const running = new Set<Promise<void>>();
  const onFailure = (method: string, error: RpcError): void => options.log(failedCall(method, error));
  const server = new Server({
    ...transportLimits,
    interceptors: [
      createAdmission({
        services: options.services,
        tls: !("off" in options.tls),
        limits: options.limits ?? {},
        onRefusal: onFailure,
      }),
    ],
  });
  for (const service of options.services)
    mount(server, service, {
      toRpcError: (error) => mapError(error, options.errors),
      onFailure,
      onRunning: (done) => {
        running.add(done);
        void done.finally(() => running.delete(done));
      },
      unaryTimeoutMs: options.unaryTimeoutMs ?? UNARY_TIMEOUT_MS,
    });
  addReflection(server, options.services);
  const health = new HealthImplementation();
  health.addToServer(server);
  const setHealth = (status: "SERVING" | "NOT_SERVING"): void => {
    for (const name of ["", ...options.services.map(({ desc }) => desc.typeName)]) health.setStatus(name, status);
  };

  // The connections that are handed over have done their handshake, if there was one to do.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await listen({
    tls: options.tls,
    host: options.host ?? "127.0.0.1",
    port: options.port,
    maxConnections: MAX_CONNECTIONS,
    accept: (socket) => injector.injectConnection(socket),
    log: options.log,
  });
  setHealth("SERVING");

  const close = async (graceMs: number): Promise<void> => {
    setHealth("NOT_SERVING");
    const ended = listener.close();
    injector.drain(graceMs);
    await within(ended, graceMs);
    // A stream that a half-open connection holds would keep the connection for ever.
    listener.destroyConnections();
    await ended;
    await within(Promise.all(running), CLEAN_UP_MS);
    injector.destroy();
    server.forceShutdown();
  };
  let closing: Promise<void> | undefined;
  return {
    port: listener.port,
    close: ({ graceMs }) => (closing ??= close(graceMs)),
  };
};
