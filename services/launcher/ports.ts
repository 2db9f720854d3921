// Whether the ports of a topology are free, asked before anything is started.
import { createServer } from "node:net";
import { LaunchError } from "./launch-error.ts";
import type { ServicePlace } from "./topology.ts";

const probe = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });

/**
 * Checks that nobody listens where the services will.
 *
 * @throws {LaunchError} PORT_TAKEN, naming the service, the port and how to choose another
 */
export const checkPorts = async (places: readonly ServicePlace[]): Promise<void> => {
  for (const { label, port, role } of places) {
    try {
      await probe(port);
    } catch (cause) {
      const option = role === "gateway" ? "--page-port" : "--mesh-port";
      throw new LaunchError(
        "PORT_TAKEN",
        `port ${port} for ${label} is taken or not allowed: stop what listens there, or choose another with ${option}`,
        { port, service: label, option },
        { cause },
      );
    }
  }
};
