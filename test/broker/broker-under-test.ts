// A broker as its main.ts wires it, on a real socket with TLS, in a folder that outlives it; only the clock is the test's.
import { createHash, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { Client } from "@connectrpc/connect";
import type { RevocationPolicy, TrustedRoots } from "#attestation";
import { parseStatement, statementPayload, statementTypes, type StatementKind, type Statements } from "#contract";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { certificateSpkiSha256, connectMesh, createMeshServer, toEnvelope } from "#mesh";
import { ed25519KeyOf, fromBase64, verifyEnvelope, type Envelope } from "#sealing";
import { openClassKeys } from "#sealing-node";
import { createChallenges } from "../../services/broker/challenges.ts";
import { openContractBook } from "../../services/broker/contract-book.ts";
import { createContractCheck } from "../../services/broker/contract-check.ts";
import { openLedger } from "../../services/broker/ledger.ts";
import { openOwnManifests } from "../../services/broker/own-manifests.ts";
import { createRefusalCounter } from "../../services/broker/refusals.ts";
import { keyBrokerService } from "../../services/broker/routes.ts";
import { toStatementTime } from "../../services/broker/statement-time.ts";
import { brokerErrors } from "../../services/broker/status.ts";
import { SERVER_NAME, serverTls, targetOf } from "../lib/mesh/authority.ts";
import type { Scene } from "./scene.ts";

/** Contoso's broker, as a workload reaches it. */
export interface BrokerUnderTest {
  /** Over a connection with the workload's certificate. */
  readonly client: Client<typeof KeyBroker>;
  /** Over a connection without a certificate. */
  readonly stranger: Client<typeof KeyBroker>;
  /** SHA-256 of the workload's TLS key. */
  readonly tlsSpkiSha256: Uint8Array;
  /** What claims for it say as audience. */
  readonly audience: string;
  readonly ledgerFile: string;
  /** Milliseconds that its clock is ahead. */
  ahead: number;
  /** Writes down what was refused in the minute that goes on. */
  flush(): Promise<void>;
  /** All entries of its log, asked for as anyone may; the signature of each is verified with the key that contracts name. */
  ledger(): Promise<readonly Envelope[]>;
  close(): Promise<void>;
}

/** The `ca` that contracts name. */
export const caOf = ({ authority }: Scene): string =>
  `sha256:${createHash("sha256").update(new X509Certificate(authority.ca).raw).digest("hex")}`;

/** Opens the broker of Contoso in its folder, or another folder's with the same keys. */
export const openBroker = async (
  scene: Scene,
  options: { readonly roots?: TrustedRoots; readonly folder?: string; readonly revocation?: RevocationPolicy } = {},
): Promise<BrokerUnderTest> => {
  const { contoso, pki, authority, workloadTls } = scene;
  const { party, home, signer: owner, brokerSigner: signer } = contoso;
  const roots = options.roots ?? { kind: "simulated", arkSpkiSha256: pki.arkSpkiSha256 };
  const folder = options.folder ?? home;
  const revocation = (): RevocationPolicy => options.revocation ?? { unchecked: "not of this test" };
  const identity = { party, key: signer.keyId, url: `https://${SERVER_NAME}`, roots, revocation };
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  const ledgerFile = join(folder, "ledger.jsonl");
  const ledger = openLedger(ledgerFile, signer);
  const refusals = createRefusalCounter({
    now,
    record: async ({ minute, reason, count }) => {
      const entry = { v: 1, type: "refusals", broker: party, minute: toStatementTime(minute), reason, count } as const;
      await ledger.append(statementTypes.refusals, statementPayload("refusals", entry));
    },
    onError: (cause) => {
      throw cause;
    },
  });
  const manifests = openOwnManifests(join(home, "manifests"), owner.keyId);
  const service = keyBrokerService({
    identity,
    signer,
    challenges: createChallenges(now),
    contracts: await openContractBook({
      file: join(folder, "contracts.json"),
      ownKeys: { [party]: owner.keyId },
      check: createContractCheck({ identity, ca: caOf(scene), manifests }),
      now,
    }),
    manifests,
    keys: openClassKeys(join(home, "keys")),
    ledger,
    refusals,
    now: () => new Date(now()),
    tls: "on",
  });
  const server = await createMeshServer({
    services: [service],
    errors: brokerErrors,
    tls: await serverTls(authority),
    port: 0,
    log: () => undefined,
  });
  const target = targetOf(server.port, authority);
  const attested = connectMesh({ ...target, tls: { ca: authority.ca, identity: workloadTls } });
  const plain = connectMesh(target);
  const stranger = plain.client(KeyBroker);
  return {
    client: attested.client(KeyBroker),
    stranger,
    tlsSpkiSha256: certificateSpkiSha256(workloadTls.certificate),
    audience: `${party}/broker:${signer.keyId}`,
    ledgerFile,
    get ahead() {
      return ahead;
    },
    set ahead(milliseconds) {
      ahead = milliseconds;
    },
    flush: () => refusals.flush(),
    async ledger() {
      const keys = new Map([[signer.keyId, ed25519KeyOf(signer.keyId)]]);
      const entries: Envelope[] = [];
      let pageToken = "";
      do {
        const page = await stranger.listLedger({ pageSize: 7, pageToken });
        entries.push(...page.entries.map(({ statement }) => toEnvelope(statement)));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      for (const entry of entries)
        await verifyEnvelope(entry, { payloadType: entry.payloadType, keys, threshold: "all" });
      return entries;
    },
    async close() {
      attested.close();
      plain.close();
      await server.close({ graceMs: 100 });
    },
  };
};

/** The entries of one kind, parsed. */
export const ofKind = <K extends StatementKind>(kind: K, entries: readonly Envelope[]): readonly Statements[K][] =>
  entries
    .filter(({ payloadType }) => payloadType === statementTypes[kind])
    .map(({ payload }) => parseStatement(kind, fromBase64(payload)));
