// The gateway between browsers and the mesh. It is untrusted: what it passes on proves itself, or is not believed. This file wires.
import { once } from "node:events";
import type { DescService } from "@bufbuild/protobuf";
import { Analytics } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { Attestation } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { Snooper } from "#gen/sealmesh/snooper/v1alpha1/snooper_pb.ts";
import { announceReady, connectMesh, createIdentity, createLog, onStop, readConfig } from "#mesh";
import { gatewayConfig, type GatewayConfig } from "./config.ts";
import { createGatewayServer } from "./server.ts";

const descriptors: Readonly<Record<GatewayConfig["targets"][number]["services"][number], DescService>> = {
  Analytics,
  Attestation,
  DataProvider,
  KeyBroker,
  Snooper,
};

const config = readConfig(gatewayConfig, process.argv.slice(2));
const log = createLog("gateway");
const identity = config.tls === "on" ? await createIdentity() : undefined;

const connections = config.targets.map(({ label, address, serverName, services }) => {
  // A stranger among strangers: the gateway shows no certificate of its own.
  const tls = identity === undefined ? { off: "stripped by configuration" } : { ca: identity.ca };
  return { label, services, connection: connectMesh({ label, address, serverName, tls }) };
});
const server = createGatewayServer({
  page: config.page,
  description: {
    topology: config.topology,
    analyses: config.analyses,
    targets: config.targets.map(({ label, title, services }) => ({ label, title, services })),
  },
  services: connections.flatMap(({ label, services, connection }) =>
    services.map((name) => ({ label, service: descriptors[name], client: connection.client(descriptors[name]) })),
  ),
});
server.listen(config.port, "127.0.0.1");
await once(server, "listening");
onStop(async () => {
  server.close();
  server.closeAllConnections();
  for (const { connection } of connections) connection.close();
}, log);
announceReady(config.port);
