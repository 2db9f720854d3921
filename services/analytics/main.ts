// The analytics partner's service, a confidential workload. This file wires.
import {
  announceReady,
  attestationService,
  createIdentity,
  createLog,
  createMeshServer,
  mapError,
  onStop,
  readConfig,
  readParty,
} from "#mesh";
import { openSecureProcessor } from "#platform";
import { analyticsConfig } from "./config.ts";
import { analyticsService } from "./routes.ts";
import { createRuns } from "./runs.ts";
import { analyticsErrors } from "./status.ts";

const argv = process.argv.slice(2);
const party = readParty(argv);
const config = readConfig(analyticsConfig, argv);
const workload = `${party}/analytics`;
const log = createLog(workload);

const identity = config.tls === "on" ? await createIdentity() : undefined;
const processor = openSecureProcessor(config.evidence, process.env);
const runs = createRuns({
  now: Date.now,
  onFailure: (run, error) => {
    const { reason, message, cause } = mapError(error, analyticsErrors);
    log({
      level: "warn",
      event: "run failed",
      reason,
      metadata: { run: run.id, message },
      ...(cause === undefined ? {} : { cause }),
    });
  },
});
const server = await createMeshServer({
  services: [
    analyticsService({ config, workload, identity, processor, runs, now: () => new Date() }),
    attestationService(processor, identity?.spkiSha256 ?? null),
  ],
  errors: analyticsErrors,
  tls: identity ?? { off: "stripped by configuration" },
  port: config.port,
  limits: { "sealmesh.attestation.v1alpha1.Attestation/GetEvidence": { perSecond: 20, burst: 100 } },
  log,
});
onStop(async () => {
  await runs.close();
  await server.close({ graceMs: 3_000 });
}, log);
announceReady(server.port);
