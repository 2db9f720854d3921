// Ports of a mesh that is not started yet, and proxies before its services.
import { placesOf, readTopology } from "../../services/launcher/topology.ts";
import { takePorts, type Ports } from "./fresh.ts";
import { project } from "./program.ts";
import { startProxy, type TcpProxy } from "./tcp-proxy.ts";

const FIRST_PORT = 7443;

/** Proxies by the label of the service behind, and what a mesh is started with so that they are on its way. */
export interface Hops {
  readonly ports: Ports;
  /** Words of the launcher. */
  readonly args: readonly string[];
  proxy(label: string): TcpProxy;
  close(): Promise<void>;
}

/** Puts a proxy before each of these services of the topology `advanced`. */
export const startHops = async (labels: readonly string[]): Promise<Hops> => {
  const ports = await takePorts();
  const topology = readTopology(project, "advanced");
  const places = placesOf(topology, { meshShift: ports.mesh - FIRST_PORT, page: ports.page });
  const proxies = new Map<string, TcpProxy>();
  for (const label of labels) {
    const place = places.find((candidate) => candidate.label === label);
    if (place === undefined) throw new RangeError(`the topology has no ${label}`);
    proxies.set(label, await startProxy(place.port));
  }
  return {
    ports,
    args: [...proxies].map(([label, { port }]) => `--via=${label}=${port}`),
    proxy: (label) => {
      const proxy = proxies.get(label);
      if (proxy === undefined) throw new RangeError(`there is no proxy before ${label}`);
      return proxy;
    },
    close: async () => {
      for (const proxy of proxies.values()) await proxy.close();
    },
  };
};
