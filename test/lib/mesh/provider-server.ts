// A real server that serves DataProvider over a real socket, with handlers that a test chooses.
import type { TestContext } from "node:test";
import { Code } from "@connectrpc/connect";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import {
  connectMesh,
  createLog,
  createMeshServer,
  meshService,
  RpcError,
  type MeshServerOptions,
  type MeshTarget,
  type ServiceHandlers,
} from "#mesh";
import { createAuthority, serverTls, targetOf, type Authority } from "./authority.ts";

export type ProviderHandlers = ServiceHandlers<typeof DataProvider>;

const notChosen = (): never => {
  throw new RpcError({ status: Code.Unimplemented, reason: "NOT_CHOSEN", message: "no handler chosen by the test" });
};

export const providerService = (handlers: Partial<ProviderHandlers>) =>
  meshService(DataProvider, {
    listDatasets: async () => notChosen(),
    getManifest: async () => notChosen(),
    openRecords: async () => notChosen(),
    // eslint-disable-next-line require-yield
    async *readSealed() {
      notChosen();
    },
    ...handlers,
  });

/** A log whose lines can be read back. */
export const recordingLog = () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog("contoso/provider", (line) => lines.push(JSON.parse(line) as Record<string, unknown>)); // createLog writes objects
  return { log, lines };
};

/** Starts a server; the test's end stops it. */
export const serveProvider = async (
  t: TestContext,
  handlers: Partial<ProviderHandlers>,
  options: Partial<MeshServerOptions> = {},
) => {
  const authority: Authority = await createAuthority("contoso CA");
  const { log, lines } = recordingLog();
  const server = await createMeshServer({
    services: [providerService(handlers)],
    errors: [],
    tls: await serverTls(authority),
    port: 0,
    log,
    ...options,
  });
  const target: MeshTarget = targetOf(server.port, authority);
  const connection = connectMesh(target);
  t.after(async () => {
    connection.close();
    await server.close({ graceMs: 0 });
  });
  return { authority, server, target, connection, client: connection.client(DataProvider), lines };
};
