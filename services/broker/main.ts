// An owner's key broker. This file wires; what is decided is decided elsewhere.
import { join } from "node:path";
import { statementPayload, statementTypes } from "#contract";
import {
  announceReady,
  createIdentity,
  createLog,
  createMeshServer,
  onStop,
  readConfig,
  readParty,
  revocationPolicy,
} from "#mesh";
import { fromHex } from "#sealing";
import { openClassKeys, openSigner } from "#sealing-node";
import { createChallenges } from "./challenges.ts";
import { brokerConfig } from "./config.ts";
import { openContractBook } from "./contract-book.ts";
import { createContractCheck } from "./contract-check.ts";
import { openLedger } from "./ledger.ts";
import { openOwnManifests } from "./own-manifests.ts";
import { createRefusalCounter } from "./refusals.ts";
import { keyBrokerService } from "./routes.ts";
import { toStatementTime } from "./statement-time.ts";
import { brokerErrors } from "./status.ts";
import type { BrokerIdentity } from "./verdict.ts";

const argv = process.argv.slice(2);
const party = readParty(argv);
const config = readConfig(brokerConfig, argv);
const log = createLog(`${party}/broker`);

const signer = openSigner(join(config.home, "broker.key.pem"));
const { root } = config;
const identity: BrokerIdentity = {
  party,
  key: signer.keyId,
  url: config.url,
  roots: root.kind === "amd" ? root : { kind: "simulated", arkSpkiSha256: fromHex(root.ark_spki_sha256) },
  revocation: () => revocationPolicy(config.revocation),
  ...(config.uvm === undefined ? {} : { uvm: { ...config.uvm, minimumSvn: config.uvm.minimum_svn } }),
};
const ledger = openLedger(join(config.home, "ledger.jsonl"), signer);
const refusals = createRefusalCounter({
  now: Date.now,
  record: async ({ minute, reason, count }) => {
    const entry = { v: 1, type: "refusals", broker: party, minute: toStatementTime(minute), reason, count } as const;
    await ledger.append(statementTypes.refusals, statementPayload("refusals", entry));
  },
  onError: (cause) => log({ level: "error", event: "refusals not recorded", cause }),
});
const manifests = openOwnManifests(join(config.home, "manifests"), config.owner_key);
const contracts = await openContractBook({
  file: join(config.home, "contracts.json"),
  ownKeys: { [party]: config.owner_key },
  check: createContractCheck({ identity, ca: `sha256:${config.ca_sha256}`, manifests }),
  now: Date.now,
});
const service = keyBrokerService({
  identity,
  signer,
  challenges: createChallenges(Date.now),
  contracts,
  manifests,
  keys: openClassKeys(join(config.home, "keys")),
  ledger,
  refusals,
  now: () => new Date(),
  tls: config.tls,
});

const server = await createMeshServer({
  services: [service],
  errors: brokerErrors,
  tls: config.tls === "on" ? await createIdentity() : { off: "stripped by configuration" },
  port: config.port,
  limits: { "sealmesh.broker.v1alpha1.KeyBroker/CreateChallenge": { perSecond: 50, burst: 200 } },
  log,
});
onStop(async () => {
  await server.close({ graceMs: 3_000 });
  await refusals.flush();
}, log);
announceReady(server.port);
