// Accepts connections and hands them to grpc-js as established byte streams. The TLS handshake is done here because
// grpc-js ties asking for a client certificate and requiring one together, and has no say over session tickets.
import { constants } from "node:crypto";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Log } from "./log.ts";

/** The server's own identity and the CA that client certificates must chain to; or that TLS is stripped, and why. */
export type ServerTls =
  | { readonly key: string; readonly certificate: string; readonly ca: string }
  | { readonly off: string };

/** An open port. */
export interface Listener {
  readonly port: number;
  /** Stops accepting and settles when every connection has ended. */
  close(): Promise<void>;
  /** Ends every connection that is left. */
  destroyConnections(): void;
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * A server that has done the handshake when it gives a connection away.
 *
 * A client without a certificate is a stranger and welcome. One whose certificate does not chain to our CA, or does not
 * hold now, is no stranger but a mistake or an attack: its connection is dropped.
 */
const createHandshaker = (tls: Exclude<ServerTls, { off: string }>, accept: (socket: Socket) => void, log: Log) =>
  createTlsServer(
    {
      key: tls.key,
      cert: tls.certificate,
      ca: tls.ca,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.3",
      ALPNProtocols: ["h2"],
      // A resumed session skips the client certificate's expiry.
      secureOptions: constants.SSL_OP_NO_TICKET,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    (socket: TLSSocket) => {
      if (!socket.authorized && socket.getPeerX509Certificate() !== undefined) {
        log({
          level: "warn",
          event: "client certificate refused",
          metadata: { peer: socket.remoteAddress ?? "unknown", error: String(socket.authorizationError) },
        });
        socket.destroy();
        return;
      }
      accept(socket);
    },
  );

/** Opens a port. `accept` gets every connection, handshake done. */
export const listen = async (options: {
  readonly tls: ServerTls;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly accept: (socket: Socket) => void;
  readonly log: Log;
}): Promise<Listener> => {
  const server: NetServer =
    "off" in options.tls ? createServer(options.accept) : createHandshaker(options.tls, options.accept, options.log);
  server.maxConnections = options.maxConnections;
  const connections = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    socket.setNoDelay(true);
    // A connection that breaks is its own affair; without a listener it would end the process.
    socket.on("error", () => undefined);
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  server.on("secureConnection", (socket: TLSSocket) => socket.on("error", () => undefined));

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
    destroyConnections: () => {
      for (const socket of connections) socket.destroy();
    },
  };
};
