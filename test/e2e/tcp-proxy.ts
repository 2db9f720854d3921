// A TCP proxy before a service, for tests that listen on the wire, or break it.
import { createConnection, createServer, type Socket } from "node:net";

/** A proxy that listens. */
export interface TcpProxy {
  readonly port: number;
  /** Every connection so far: what was sent to the service, and what it sent back. */
  recorded(): readonly Buffer[];
  /** Bytes that came from the service so far, without what a reset kept back. */
  received(): number;
  /** Passes so many bytes more from the service, and then nothing; settles when that is reached. */
  stallAfter(bytes: number): Promise<void>;
  /** Passes so many bytes more from the service, and then resets the connection, once; settles when it did. */
  resetAfter(bytes: number): Promise<void>;
  /** Passes everything again. */
  resume(): void;
  close(): Promise<void>;
}

const TAKEN_IN_MS = 300;

interface Trap {
  left: number;
  readonly kind: "stall" | "reset";
  readonly sprung: () => void;
}

/** Starts a proxy to a port of this machine. */
export const startProxy = async (to: number): Promise<TcpProxy> => {
  const sockets = new Set<Socket>();
  const recordings: Buffer[][] = [];
  const withheld: (() => void)[] = [];
  let received = 0;
  let trap: Trap | undefined;

  const forward = (from: Socket, into: Socket, onChunk: (chunk: Buffer) => void): void => {
    const recording: Buffer[] = [];
    recordings.push(recording);
    from.on("data", (chunk: Buffer) => {
      recording.push(chunk);
      onChunk(chunk);
    });
    from.on("error", () => undefined);
    from.once("close", () => into.destroy());
    from.once("end", () => into.end());
  };

  const server = createServer((client) => {
    const service = createConnection({ host: "127.0.0.1", port: to });
    for (const socket of [client, service]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
    forward(client, service, (chunk) => service.write(chunk));
    let isReset = false;
    forward(service, client, (chunk) => {
      if (isReset) return;
      received += chunk.length;
      if (trap === undefined || trap.left > chunk.length) {
        if (trap !== undefined) trap.left -= chunk.length;
        client.write(chunk);
        return;
      }
      const { left, kind, sprung } = trap;
      trap.left = 0;
      client.write(chunk.subarray(0, left));
      // Read on and kept, so that the end of the service is still noticed here.
      if (kind === "stall") withheld.push(() => client.write(chunk.subarray(left)));
      else {
        trap = undefined;
        isReset = true;
        received -= chunk.length - left;
        // A reset throws away what the reader has not taken in yet: it gets the time to.
        setTimeout(() => {
          client.resetAndDestroy();
          sprung();
        }, TAKEN_IN_MS);
        return;
      }
      sprung();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");

  const arm = (kind: Trap["kind"], left: number): Promise<void> =>
    new Promise((sprung) => {
      trap = { left, kind, sprung };
    });
  return {
    port: address.port,
    recorded: () => recordings.map((chunks) => Buffer.concat(chunks)),
    received: () => received,
    stallAfter: (bytes) => arm("stall", bytes),
    resetAfter: (bytes) => arm("reset", bytes),
    resume: () => {
      trap = undefined;
      for (const release of withheld.splice(0)) release();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
