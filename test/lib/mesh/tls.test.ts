import assert from "node:assert/strict";
import { test } from "node:test";
import { connect as tlsConnect, type ConnectionOptions } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import { Attestation } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import {
  certificateSpkiSha256,
  connectAttested,
  connectMesh,
  createMeshServer,
  detailsOf,
  meshService,
  reasonOf,
  type MeshTarget,
  type TargetTls,
} from "#mesh";
import { RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { createAuthority, SERVER_NAME, serverTls, targetOf } from "./authority.ts";
import { providerService, recordingLog, serveProvider } from "./provider-server.ts";

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

const listOnce = async (target: MeshTarget): Promise<string> => {
  const connection = connectMesh(target);
  try {
    return (await connection.client(DataProvider).listDatasets({})).nextPageToken;
  } finally {
    connection.close();
  }
};

const unreachable = async (target: MeshTarget): Promise<{ error: ConnectError; failure: string }> => {
  const error: unknown = await listOnce(target).then(
    () => assert.fail("the connection was accepted"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError, String(error));
  assert.equal(error.code, Code.Unavailable);
  const found = reasonOf(error);
  assert.equal(found?.reason, "PEER_UNREACHABLE");
  assert.equal(found.metadata["peer"], "contoso/broker");
  return { error, failure: found.metadata["failure"] ?? "" };
};

/** Answers with the key of whoever calls. */
const tellKey = {
  listDatasets: async (_: unknown, { peer }: { peer: { spkiSha256: Uint8Array | undefined } }) => ({
    nextPageToken: hex(peer.spkiSha256),
  }),
};

const handshake = (port: number, options: ConnectionOptions) => {
  const { promise, resolve, reject } = Promise.withResolvers<{
    protocol: string | null;
    session: Buffer | undefined;
  }>();
  const socket = tlsConnect({ host: "127.0.0.1", port, servername: SERVER_NAME, ALPNProtocols: ["h2"], ...options });
  let session: Buffer | undefined;
  socket.on("session", (ticket: Buffer) => {
    session = ticket;
  });
  socket.on("error", reject);
  socket.on("secureConnect", () => setTimeout(() => socket.destroy(), 50));
  const protocol = (): string | null => socket.getProtocol();
  let spoken: string | null = null;
  socket.on("secureConnect", () => {
    spoken = protocol();
  });
  socket.on("close", () => resolve({ protocol: spoken, session }));
  return promise;
};

test("a client without a certificate is welcome and has no key", async (t) => {
  const { target } = await serveProvider(t, tellKey);
  assert.equal(await listOnce(target), "");
});

test("a client with a certificate of our CA is known by the hash of its key", async (t) => {
  const { target, authority } = await serveProvider(t, tellKey);
  const identity = await authority.issue("woodgrove/analytics");
  const seen = await listOnce({ ...target, tls: { ca: authority.ca, identity } });
  assert.equal(seen, hex(certificateSpkiSha256(identity.certificate)));
});

test("a client with a certificate of another CA is refused", async (t) => {
  const { target, authority, lines } = await serveProvider(t, tellKey);
  const other = await createAuthority("another CA");
  const identity = await other.issue("woodgrove/analytics");
  await unreachable({ ...target, tls: { ca: authority.ca, identity } });
  assert.ok(lines.some(({ event }) => event === "client certificate refused"));
});

test("a server of another CA is refused, and waiting does not help", async (t) => {
  const { target } = await serveProvider(t, tellKey);
  const other = await createAuthority("another CA");
  const { error } = await unreachable({ ...target, tls: { ca: other.ca } });
  assert.match(error.rawMessage, /^TLS with contoso\/broker failed: /);
  assert.deepEqual(detailsOf(error, RetryInfoSchema), []);
});

test("a server of another name is refused, although its address is the one asked for", async (t) => {
  const { target } = await serveProvider(t, tellKey);
  const { error, failure } = await unreachable({ ...target, serverName: "broker.fabrikam.example" });
  assert.equal(failure, "ERR_TLS_CERT_ALTNAME_INVALID");
  assert.match(error.rawMessage, /broker\.fabrikam\.example/);
});

test("a server with another key than the pinned one is refused, although its certificate is good", async (t) => {
  const { target, authority } = await serveProvider(t, tellKey);
  const { failure } = await unreachable({ ...target, tls: { ca: authority.ca, spkiSha256: new Uint8Array(32) } });
  assert.equal(failure, "PEER_KEY_MISMATCH");
});

test("the pin holds on every connection: a restarted server with a new key is refused, unless nothing is pinned", async (t) => {
  const { target, authority, server, connection, client } = await serveProvider(t, tellKey);
  const first = connectMesh(target, { pinFirstKey: true });
  t.after(() => first.close());
  await first.client(DataProvider).listDatasets({});
  await client.listDatasets({});
  const pin = connection.peerSpkiSha256();
  assert.ok(pin?.length === 32);
  await server.close({ graceMs: 100 });
  const again = await createMeshServer({
    services: [providerService(tellKey)],
    errors: [],
    tls: await serverTls(authority),
    port: server.port,
    log: recordingLog().log,
  });
  t.after(() => again.close({ graceMs: 0 }));

  const error: unknown = await first
    .client(DataProvider)
    .listDatasets({})
    .catch((reason: unknown) => reason);
  assert.equal(reasonOf(error)?.metadata["failure"], "PEER_KEY_MISMATCH");
  const { failure } = await unreachable({ ...target, tls: { ca: authority.ca, spkiSha256: pin } });
  assert.equal(failure, "PEER_KEY_MISMATCH");
  await client.listDatasets({});
  assert.notDeepEqual(connection.peerSpkiSha256(), pin);
});

test("a client that speaks plain HTTP/2 gets nothing from a TLS port", async (t) => {
  const { target } = await serveProvider(t, tellKey);
  await unreachable({ ...target, tls: { off: "the attack" } });
});

test("only TLS 1.3 is spoken, and no session can be resumed", async (t) => {
  const { server, authority } = await serveProvider(t, tellKey);
  const { protocol, session } = await handshake(server.port, { ca: authority.ca });
  assert.equal(protocol, "TLSv1.3");
  await assert.rejects(handshake(server.port, { ca: authority.ca, maxVersion: "TLSv1.2" }));
  const socket = tlsConnect({
    host: "127.0.0.1",
    port: server.port,
    servername: SERVER_NAME,
    ALPNProtocols: ["h2"],
    ca: authority.ca,
    ...(session === undefined ? {} : { session }),
  });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  assert.equal(socket.isSessionReused(), false);
  socket.destroy();
});

const serveEvidence = async (
  t: { after(fn: () => Promise<void>): void },
  tls: Parameters<typeof createMeshServer>[0]["tls"],
) => {
  const server = await createMeshServer({
    services: [
      meshService(Attestation, { getEvidence: async ({ nonce }) => ({ evidence: { runtimeClaims: nonce } }) }),
    ],
    errors: [],
    tls,
    port: 0,
    log: recordingLog().log,
  });
  t.after(() => server.close({ graceMs: 0 }));
  return server;
};

test("an attested connection hands over the peer's key and pins it", async (t) => {
  const authority = await createAuthority("contoso CA");
  const tls = await serverTls(authority);
  assert.ok("certificate" in tls);
  const server = await serveEvidence(t, tls);
  const want = hex(certificateSpkiSha256(tls.certificate));
  const { appraisal, target } = await connectAttested(
    targetOf(server.port, authority),
    async ({ response, nonce, spkiSha256 }) => {
      assert.equal(nonce.length, 32);
      assert.deepEqual(response.evidence?.runtimeClaims, nonce);
      return hex(spkiSha256);
    },
  );
  assert.equal(appraisal, want);
  const pinned: TargetTls = target.tls;
  assert.ok(!("off" in pinned));
  assert.equal(hex(pinned.spkiSha256), want);
});

test("an attested connection without TLS has no key to bind", async (t) => {
  const server = await serveEvidence(t, { off: "a test" });
  const target = { address: `127.0.0.1:${server.port}`, serverName: SERVER_NAME, tls: { off: "a test" } };
  const { appraisal } = await connectAttested(target, async ({ spkiSha256 }) => spkiSha256);
  assert.equal(appraisal, undefined);
});

test("what an appraisal throws is what the caller gets", async (t) => {
  const server = await serveEvidence(t, { off: "a test" });
  const target = { address: `127.0.0.1:${server.port}`, serverName: SERVER_NAME, tls: { off: "a test" } };
  const refusal = new Error("the evidence is not wanted");
  await assert.rejects(
    connectAttested(target, async () => {
      throw refusal;
    }),
    refusal,
  );
});
