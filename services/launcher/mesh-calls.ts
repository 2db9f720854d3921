// What the launcher itself asks of the running mesh: contracts into force, and why a broker refused.
import { readFileSync } from "node:fs";
import { ownersOf, parseStatement, statementTypes, type Denial } from "#contract";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { connectMesh, toEnvelope, toStatementMessage, type MeshConnection, type MeshTarget } from "#mesh";
import { fromBase64, parseEnvelope } from "#sealing";
import type { StoredContract } from "./administration.ts";
import type { ServicePlace } from "./topology.ts";

/** Where the mesh is and how TLS is spoken there. */
export interface MeshAccess {
  readonly places: readonly ServicePlace[];
  /** The CA's certificate, PEM; absent when TLS is stripped. */
  readonly ca: string | undefined;
}

const targetOf = ({ ca }: MeshAccess, { label, port, serverName }: ServicePlace): MeshTarget => ({
  label,
  address: `127.0.0.1:${port}`,
  serverName,
  tls: ca === undefined ? { off: "stripped by configuration" } : { ca },
});

const withBroker = async <T>(
  access: MeshAccess,
  party: string,
  use: (connection: MeshConnection) => Promise<T>,
): Promise<T> => {
  const place = access.places.find(({ label }) => label === `${party}/broker`);
  if (place === undefined) throw new TypeError(`the topology has no broker of ${party}`);
  const connection = connectMesh(targetOf(access, place));
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
};

/** Brings a signed contract to the broker of every owner in it. One that is in force there already stays as it is. */
export const activateEverywhere = async (access: MeshAccess, { contract, file }: StoredContract): Promise<void> => {
  const statement = toStatementMessage(parseEnvelope(readFileSync(file, "utf8")));
  for (const owner of ownersOf(contract)) {
    await withBroker(access, owner, (connection) =>
      connection.client(KeyBroker).activateContract({ contract: statement }),
    );
  }
};

/** The denials in a broker's log, oldest first. */
export const denialsOf = async (access: MeshAccess, party: string): Promise<readonly Denial[]> =>
  withBroker(access, party, async (connection) => {
    const client = connection.client(KeyBroker);
    const denials: Denial[] = [];
    let pageToken = "";
    do {
      const answer = await client.listLedger({ pageSize: 200, pageToken });
      for (const { statement } of answer.entries) {
        const { payloadType, payload } = toEnvelope(statement);
        if (payloadType === statementTypes.denial) denials.push(parseStatement("denial", fromBase64(payload)));
      }
      pageToken = answer.nextPageToken;
    } while (pageToken !== "");
    return denials;
  });
