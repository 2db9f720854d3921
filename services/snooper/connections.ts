import { connectMesh, type Identity, type MeshConnection } from "#mesh";
import type { Place, Reach } from "./attack.ts";

/**
 * Opens the attacker's connections, one per place.
 *
 * @param identity a TLS certificate of the local CA, as anyone on the machine can have; undefined when TLS is stripped
 */
export const openConnections = (
  identity: Identity | undefined,
): { readonly reach: Reach; readonly close: () => void } => {
  const connections = new Map<string, MeshConnection>();
  const connectionTo = ({ address, serverName }: Place): MeshConnection => {
    const known = connections.get(address);
    if (known !== undefined) return known;
    const tls = identity === undefined ? { off: "stripped by configuration" } : { ca: identity.ca, identity };
    const connection = connectMesh({ address, serverName, tls });
    connections.set(address, connection);
    return connection;
  };
  return {
    reach: (place, service) => connectionTo(place).client(service),
    close: () => {
      for (const connection of connections.values()) connection.close();
    },
  };
};
