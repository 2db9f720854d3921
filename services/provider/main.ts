// An owner's data provider, a confidential workload. This file wires.
import {
  announceReady,
  attestationService,
  createIdentity,
  createLog,
  createMeshServer,
  onStop,
  readConfig,
  readParty,
} from "#mesh";
import { openSecureProcessor } from "#platform";
import { providerConfig } from "./config.ts";
import { dataProviderService } from "./routes.ts";
import { providerErrors } from "./status.ts";
import { openStorage } from "./storage.ts";

const argv = process.argv.slice(2);
const party = readParty(argv);
const config = readConfig(providerConfig, argv);
const log = createLog(`${party}/provider`);

const identity = config.tls === "on" ? await createIdentity() : undefined;
const processor = openSecureProcessor(config.evidence, process.env);
const storage = openStorage({
  root: config.storage,
  party,
  onUnreadable: (folder, cause) => log({ level: "warn", event: "dataset unreadable", metadata: { folder }, cause }),
});
const server = await createMeshServer({
  services: [
    dataProviderService({ config, identity, processor, storage }),
    attestationService(processor, identity?.spkiSha256 ?? null),
  ],
  errors: providerErrors,
  tls: identity ?? { off: "stripped by configuration" },
  port: config.port,
  limits: {
    "sealmesh.attestation.v1alpha1.Attestation/GetEvidence": { perSecond: 20, burst: 100 },
    "sealmesh.provider.v1alpha1.DataProvider/OpenRecords": { perSecond: 2, burst: 20 },
  },
  log,
});
onStop(() => server.close({ graceMs: 3_000 }), log);
announceReady(server.port);
