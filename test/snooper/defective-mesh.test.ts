// The catalogue must be able to fail: against a mesh with a defect an attack succeeds, against one that is down it proves nothing.
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import {
  certificateSpkiSha256,
  createMeshServer,
  libraryErrors,
  meshService,
  RpcError,
  type CallContext,
  type ServiceHandlers,
} from "#mesh";
import { createAuthority } from "../lib/mesh/authority.ts";
import { createAttackRunner } from "../../services/snooper/attack-runner.ts";
import type { Scene, Target } from "../../services/snooper/attack.ts";
import type { Outcome } from "../../services/snooper/attempt.ts";
import { openConnections } from "../../services/snooper/connections.ts";
import { openSmallMesh, type SmallMesh } from "./small-mesh.ts";
import { unused } from "./small-workload.ts";

let mesh: SmallMesh;
before(async () => {
  mesh = await openSmallMesh();
});
after(() => mesh.close());

const run = async (scene: Scene, id: string, connect = () => openConnections(undefined)): Promise<Outcome> => {
  let outcome: Outcome | undefined;
  for await (const event of createAttackRunner({ scene, connect, tlsSpkiSha256: null }).run(
    id,
    new AbortController().signal,
  ))
    if (event.kind === "outcome") ({ outcome } = event);
  assert.ok(outcome !== undefined);
  return outcome;
};

const brokerThat = (releaseKeys: ServiceHandlers<typeof KeyBroker>["releaseKeys"]) =>
  meshService(KeyBroker, {
    createChallenge: unused,
    releaseKeys,
    explainRelease: unused,
    getReleasePolicy: unused,
    activateContract: unused,
    revokeContract: unused,
    getContract: unused,
    listLedger: unused,
  });

const brokerOf = (scene: Scene): Target =>
  scene.targets.find(({ role }) => role === "broker") ?? assert.fail("no broker");
const alone = (target: Target): Scene => ({ ...mesh.demo, targets: [target] });

const refuseAsMalformed = async (): Promise<never> => {
  throw new RpcError({ status: Code.InvalidArgument, reason: "KEY_REQUEST_MALFORMED", message: "no" });
};

test("a broker that releases keys for nothing is found out", async () => {
  const place = await mesh.serve([brokerThat(async () => ({ keyRelease: "a.b.c" }))]);
  const { result, learned } = await run(alone({ ...brokerOf(mesh.demo), ...place }), "key-without-evidence");
  assert.equal(result, "SUCCEEDED");
  assert.match(learned, /contoso\/broker released keys to a stranger/);
});

test("a broker that refuses for a reason that does not fit proves nothing", async () => {
  const place = await mesh.serve([brokerThat(refuseAsMalformed)]);
  const { result, learned } = await run(alone({ ...brokerOf(mesh.demo), ...place }), "key-without-evidence");
  assert.equal(result, "INCONCLUSIVE");
  assert.match(learned, /KEY_REQUEST_MALFORMED/);
});

for (const id of ["key-without-evidence", "forged-evidence", "replayed-evidence"]) {
  test(`${id} proves nothing when the broker is down`, async () => {
    const { result, denials, learned } = await run(alone({ ...brokerOf(mesh.demo), address: "127.0.0.1:1" }), id);
    assert.equal(result, "INCONCLUSIVE");
    assert.deepEqual(denials, []);
    assert.match(learned, /PEER_UNREACHABLE/);
  });
}

test("a provider that opens altered data is found out", async () => {
  const careless = meshService(DataProvider, {
    listDatasets: unused,
    getManifest: unused,
    async *readSealed() {
      yield await unused();
    },
    openRecords: async () => ({ rows: 60n, records: [] }),
  });
  const place = await mesh.serve([careless]);
  const targets = mesh.demo.targets.map((target) => (target.role === "provider" ? { ...target, ...place } : target));
  const { result, learned } = await run({ ...mesh.demo, targets }, "altered-bytes");
  assert.equal(result, "SUCCEEDED");
  assert.match(learned, /one bit flipped in each of its \d+ pages: SUCCEEDED/);
  assert.match(learned, /a file that a stranger sealed as part 0 of fabrikam\/customers: SUCCEEDED/);
  assert.match((await run({ ...mesh.demo, targets }, "other-owners-key")).result, /SUCCEEDED/);
});

test("a part that is not sealed is found out, and one that is no Parquet at all proves nothing", async () => {
  const part = join(mesh.storage, "contoso", "employees", "1", "part-0.parquet");
  copyFileSync(part, `${part}.saved`);
  try {
    const text = "PAR1 Ava Thompson, 12 Long Street, Oslo, Norway, +47 555 01 23".padEnd(2_000, "; Lee Wong, Lima");
    writeFileSync(part, text);
    const { result, learned } = await run(mesh.demo, "read-storage");
    assert.equal(result, "SUCCEEDED");
    assert.match(learned, /it opens as plain Parquet.*it holds the text "PAR1 Ava Thompson/);
    writeFileSync(part, Buffer.alloc(64, 0xf7));
    assert.equal((await run(mesh.demo, "read-storage")).result, "INCONCLUSIVE");
  } finally {
    copyFileSync(`${part}.saved`, part);
  }
});

test("with TLS the attacker shows a certificate of its own, so that evidence alone decides", async () => {
  const authority = await createAuthority("test CA");
  const [server, own] = [await authority.issue("localhost"), await authority.issue("snooper.example")];
  const seen: (Uint8Array | undefined)[] = [];
  const refuse = async (_: unknown, { peer }: CallContext): Promise<never> => {
    seen.push(peer.spkiSha256);
    throw new RpcError({ status: Code.InvalidArgument, reason: "REPORT_MALFORMED", message: "no evidence" });
  };
  const tls = { key: server.key, certificate: server.certificate, ca: authority.ca };
  const services = [brokerThat(refuse)];
  const broker = await createMeshServer({ services, errors: libraryErrors, tls, port: 0, log: () => undefined });
  try {
    const target = { ...brokerOf(mesh.demo), address: `127.0.0.1:${broker.port}`, serverName: "localhost" };
    const spkiSha256 = certificateSpkiSha256(own.certificate);
    const identity = { ...own, ca: authority.ca, spkiSha256 };
    assert.equal((await run(alone(target), "key-without-evidence", () => openConnections(identity))).result, "DENIED");
    assert.deepEqual(seen, [spkiSha256, spkiSha256, spkiSha256]);
  } finally {
    await broker.close({ graceMs: 100 });
  }
});
