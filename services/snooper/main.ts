// The attacker. This file wires; it has no secure processor and no secret of anyone's to wire.
import { announceReady, createIdentity, createLog, createMeshServer, onStop, readConfig } from "#mesh";
import { restoreAltered } from "./alteration.ts";
import { createAttackRunner } from "./attack-runner.ts";
import { snooperConfig } from "./config.ts";
import { openConnections } from "./connections.ts";
import { snooperService } from "./routes.ts";
import { toScene } from "./scene.ts";
import { snooperErrors } from "./status.ts";
import { openStoredObjects } from "./stored-objects.ts";

const config = readConfig(snooperConfig, process.argv.slice(2));
const log = createLog("snooper");

for (const path of await restoreAltered(config.storage))
  log({ level: "warn", event: "restored what an attack had left altered", metadata: { path } });

const identity = config.tls === "on" ? await createIdentity() : undefined;
const runner = createAttackRunner({
  scene: toScene(config),
  connect: () => openConnections(identity),
  tlsSpkiSha256: identity?.spkiSha256 ?? null,
});
const server = await createMeshServer({
  services: [snooperService({ runner, objects: openStoredObjects(config.storage) })],
  errors: snooperErrors,
  tls: identity ?? { off: "stripped by configuration" },
  port: config.port,
  log,
});
onStop(() => server.close({ graceMs: 3_000 }), log);
announceReady(server.port);
