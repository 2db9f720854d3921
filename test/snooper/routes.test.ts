import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as v from "valibot";
import type { Client } from "@connectrpc/connect";
import { AttackResult, Snooper } from "#gen/sealmesh/snooper/v1alpha1/snooper_pb.ts";
import { connectMesh, createMeshServer, reasonOf, type MeshConnection, type MeshServer } from "#mesh";
import { createAttackRunner } from "../../services/snooper/attack-runner.ts";
import { snooperConfig } from "../../services/snooper/config.ts";
import { openConnections } from "../../services/snooper/connections.ts";
import { snooperService } from "../../services/snooper/routes.ts";
import { toScene } from "../../services/snooper/scene.ts";
import { snooperErrors } from "../../services/snooper/status.ts";
import { openStoredObjects } from "../../services/snooper/stored-objects.ts";

const off = { off: "the tests look at the service, not at TLS" };
let storage: string;
let server: MeshServer;
let connection: MeshConnection;
let snooper: Client<typeof Snooper>;

before(async () => {
  storage = mkdtempSync(join(tmpdir(), "snooped-"));
  mkdirSync(join(storage, "b"));
  writeFileSync(
    join(storage, "b", "part-0.parquet"),
    Uint8Array.from({ length: 512 }, (_, index) => index % 256),
  );
  writeFileSync(join(storage, "a.json"), "{}");
  writeFileSync(join(storage, "empty"), "");
  const target = {
    label: "contoso/broker",
    address: "127.0.0.1:1",
    serverName: "localhost",
    role: "broker",
    party: "contoso",
  };
  const config = v.parse(snooperConfig, {
    port: 0,
    tls: "off",
    storage,
    analyses: ["a/b"],
    targets: [target],
    contracts: [],
  });
  const scene = toScene(config);
  const runner = createAttackRunner({ scene, connect: () => openConnections(undefined), tlsSpkiSha256: null });
  server = await createMeshServer({
    services: [snooperService({ runner, objects: openStoredObjects(storage) })],
    errors: snooperErrors,
    tls: off,
    port: 0,
    log: () => undefined,
  });
  connection = connectMesh({ address: `127.0.0.1:${server.port}`, serverName: "localhost", tls: off });
  snooper = connection.client(Snooper);
});
after(async () => {
  connection.close();
  await server.close({ graceMs: 100 });
  rmSync(storage, { recursive: true });
});

const callNonsense = async (): Promise<void> => {
  for await (const event of snooper.runAttack({ attack: "nonsense" })) assert.fail(`${event.sequence}`);
};

test("lists the stored objects by name, with size, entropy and first bytes", async () => {
  const { objects, nextPageToken } = await snooper.listStorage({});
  assert.deepEqual(
    objects.map(({ name, sizeBytes, entropy, head }) => [name, sizeBytes, entropy, head.length]),
    [
      ["a.json", 2n, 1, 2],
      ["b/part-0.parquet", 512n, 8, 64],
      ["empty", 0n, 0, 0],
    ],
  );
  assert.equal(nextPageToken, "");
});

test("pages of the storage go on where the last ended", async () => {
  const first = await snooper.listStorage({ pageSize: 2 });
  const second = await snooper.listStorage({ pageSize: 2, pageToken: first.nextPageToken });
  assert.deepEqual(
    [...first.objects, ...second.objects].map(({ name }) => name),
    ["a.json", "b/part-0.parquet", "empty"],
  );
});

test("sees that an object has changed", async () => {
  const path = join(storage, "a.json");
  writeFileSync(path, "[]");
  utimesSync(path, new Date(), new Date(Date.now() + 5_000));
  const { objects } = await snooper.listStorage({ pageSize: 1 });
  assert.equal(Buffer.from(objects[0]?.head ?? []).toString(), "[]");
});

test("lists the attacks that apply, with title and defence", async () => {
  const { attacks } = await snooper.listAttacks({});
  assert.deepEqual(
    attacks.map(({ id }) => id),
    ["read-storage", "key-without-evidence", "forged-evidence", "replayed-evidence"],
  );
  for (const { title, defence } of attacks) assert.ok(title.length > 20 && defence.length > 20);
});

test("streams numbered steps and the outcome last; an attack for want of data proves nothing", async () => {
  const events: (string | undefined)[] = [];
  for await (const { sequence, event } of snooper.runAttack({ attack: "read-storage" })) {
    events.push(event.case);
    assert.equal(sequence, BigInt(events.length));
    if (event.case === "outcome") {
      assert.equal(event.value.result, AttackResult.INCONCLUSIVE);
      assert.match(event.value.learned, /ATTACK_UNPREPARED/);
    }
  }
  assert.equal(events.at(-1), "outcome");
});

test("says when it does not know an attack", async () => {
  await assert.rejects(callNonsense, (error) => reasonOf(error)?.reason === "ATTACK_UNKNOWN");
});

test("refuses a configuration with a member that it does not know", () => {
  const config = { port: 0, tls: "off", storage: "s", analyses: [], targets: [], contracts: [] };
  assert.ok(v.is(snooperConfig, config));
  assert.ok(!v.is(snooperConfig, { ...config, keys: "all" }));
  assert.ok(!v.is(snooperConfig, { ...config, analyses: ["no-query"] }));
});
