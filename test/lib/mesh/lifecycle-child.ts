// A service under a launcher, for tests: gets an identity, serves with it, stops when told.
import { once } from "node:events";
import { Attestation } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { announceReady, createIdentity, createLog, createMeshServer, meshService, onStop } from "#mesh";

const log = createLog("test/child");
const identity = await createIdentity();
const server = await createMeshServer({
  services: [
    meshService(Attestation, {
      getEvidence: async ({ nonce }, { signal }) => {
        // A call without a nonce is never answered.
        if (nonce.length === 0) await once(signal, "abort");
        return { policyDocument: Buffer.from(identity.spkiSha256) };
      },
    }),
  ],
  errors: [],
  tls: identity,
  port: 0,
  log,
});
onStop(async () => {
  await server.close({ graceMs: 200 });
  if (process.argv.includes("--fail")) throw new Error("the ledger could not be closed");
}, log);
announceReady(server.port);
