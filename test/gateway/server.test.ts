// The gateway as a browser meets it: the page with a strict policy, Connect forwarded to the mesh, and what is not forwarded.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { connectMesh, createMeshServer, meshService, reasonOf, RpcError, type ServiceHandlers } from "#mesh";
import { createGatewayServer } from "../../services/gateway/server.ts";

const unused = async (): Promise<never> => assert.fail("not called in this test");

/** A broker of which this test uses two methods; both sides are real servers and sockets. */
const handlers: ServiceHandlers<typeof KeyBroker> = {
  createChallenge: async () => ({ nonce: new Uint8Array(32).fill(7), audience: "contoso/broker:ed25519:x" }),
  getContract: async ({ contract }) => {
    throw new RpcError({
      status: Code.NotFound,
      reason: "CONTRACT_UNKNOWN",
      message: `no contract ${contract}`,
      domain: "broker.sealmesh",
      metadata: { contract },
    });
  },
  releaseKeys: unused,
  explainRelease: unused,
  getReleasePolicy: unused,
  activateContract: unused,
  revokeContract: unused,
  listLedger: unused,
};

const serve = async (t: TestContext): Promise<string> => {
  const off = { off: "a test on loopback" };
  const broker = await createMeshServer({
    services: [meshService(KeyBroker, handlers)],
    errors: [],
    tls: off,
    port: 0,
    log: () => undefined,
  });
  const connection = connectMesh({
    address: `127.0.0.1:${broker.port}`,
    serverName: "broker.contoso.example",
    tls: off,
  });
  const page = mkdtempSync(join(tmpdir(), "sealmesh-page-"));
  writeFileSync(join(page, "index.html"), "<!doctype html><title>page</title>");
  const gateway = createGatewayServer({
    page,
    description: { topology: "test", analyses: [], targets: [] },
    services: [{ label: "contoso/broker", service: KeyBroker, client: connection.client(KeyBroker) as never }], // the pairing of the two lines above
  });
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  t.after(async () => {
    gateway.close();
    gateway.closeAllConnections();
    connection.close();
    await broker.close({ graceMs: 100 });
    rmSync(page, { recursive: true });
  });
  const address = gateway.address();
  assert.ok(typeof address === "object" && address !== null);
  return `http://127.0.0.1:${address.port}`;
};

const clientAt = (origin: string, label: string) =>
  createClient(KeyBroker, createConnectTransport({ baseUrl: `${origin}/mesh/${label}`, httpVersion: "1.1" }));

test("serves the page with a policy that allows no inline script and no other origin", async (t) => {
  const response = await fetch(await serve(t));
  assert.equal(response.status, 200);
  assert.match(await response.text(), /<title>page/);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
});

test("forwards a call and the peer's refusal with its reason", async (t) => {
  const client = clientAt(await serve(t), "contoso/broker");
  assert.deepEqual((await client.createChallenge({})).nonce, new Uint8Array(32).fill(7));
  await assert.rejects(client.getContract({ contract: "nothing" }), (error) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.NotFound);
    assert.deepEqual(reasonOf(error), {
      reason: "CONTRACT_UNKNOWN",
      domain: "broker.sealmesh",
      metadata: { contract: "nothing" },
    });
    return true;
  });
});

test("does not forward what needs the caller's own attested connection, nor owners' acts", async (t) => {
  const client = clientAt(await serve(t), "contoso/broker");
  for (const call of [
    () => client.releaseKeys({}),
    () => client.activateContract({}),
    () => client.revokeContract({}),
  ]) {
    await assert.rejects(call, { code: Code.Unimplemented });
  }
});

test("what is behind no label, or outside the page, is not found", async (t) => {
  const origin = await serve(t);
  for (const path of [
    "/mesh/fabrikam/broker/sealmesh.broker.v1alpha1.KeyBroker/GetContract",
    "/../package.json",
    "/absent",
  ]) {
    assert.equal((await fetch(`${origin}${path}`, { method: "POST" })).status, 404, path);
  }
});
