import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  EmptySchema,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_empty,
} from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { KeyBroker } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import {
  connectMesh,
  createMeshServer,
  detailsOf,
  meshService,
  reasonOf,
  RpcError,
  type MeshServerOptions,
  type ServiceHandlers,
} from "#mesh";
import { createAuthority, serverTls, targetOf } from "./authority.ts";
import { providerService, recordingLog, serveProvider } from "./provider-server.ts";

const refusal = async (promise: Promise<unknown>): Promise<ConnectError> => {
  const error: unknown = await promise.then(
    () => assert.fail("the call was admitted"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError, String(error));
  return error;
};

const notAsked = async (): Promise<never> => {
  throw new RpcError({ status: Code.Unimplemented, reason: "NOT_ASKED", message: "not asked by the test" });
};

/** A broker that says who asked. */
const broker: ServiceHandlers<typeof KeyBroker> = {
  createChallenge: notAsked,
  releaseKeys: async (_, { peer }) => ({ keyRelease: Buffer.from(peer.spkiSha256 ?? []).toString("hex") }),
  explainRelease: notAsked,
  getReleasePolicy: notAsked,
  activateContract: async () => ({}),
  revokeContract: notAsked,
  getContract: async () => ({}),
  listLedger: async () => ({}),
};

const serveBroker = async (t: TestContext, options: Partial<MeshServerOptions> = {}) => {
  const authority = await createAuthority("contoso CA");
  const server = await createMeshServer({
    services: [meshService(KeyBroker, broker)],
    errors: [],
    tls: await serverTls(authority),
    port: 0,
    log: recordingLog().log,
    ...options,
  });
  t.after(() => server.close({ graceMs: 0 }));
  return { authority, server, target: targetOf(server.port, authority) };
};

test("an RPC for attested workloads refuses a connection without a client certificate", async (t) => {
  const { target } = await serveBroker(t);
  const connection = connectMesh(target);
  t.after(() => connection.close());
  const error = await refusal(connection.client(KeyBroker).releaseKeys({}));
  assert.equal(error.code, Code.Unauthenticated);
  assert.equal(reasonOf(error)?.reason, "EVIDENCE_TLS_KEY");
});

test("an RPC for attested workloads takes a client certificate of our CA", async (t) => {
  const { target, authority } = await serveBroker(t);
  const identity = await authority.issue("woodgrove/analytics");
  const connection = connectMesh({ ...target, tls: { ca: authority.ca, identity } });
  t.after(() => connection.close());
  assert.equal((await connection.client(KeyBroker).releaseKeys({})).keyRelease.length, 64);
});

test("an RPC for attested workloads is open when TLS is stripped: the evidence decides alone", async (t) => {
  const { server } = await serveBroker(t, { tls: { off: "a test" } });
  const connection = connectMesh({
    address: `127.0.0.1:${server.port}`,
    serverName: "contoso",
    tls: { off: "a test" },
  });
  t.after(() => connection.close());
  assert.equal((await connection.client(KeyBroker).releaseKeys({})).keyRelease, "");
});

test("RPCs for anyone and for bearers of statements admit a stranger", async (t) => {
  const { target } = await serveBroker(t);
  const connection = connectMesh(target);
  t.after(() => connection.close());
  await connection.client(KeyBroker).getContract({});
  await connection.client(KeyBroker).activateContract({});
});

/** A service as a careless author would write it: an RPC without the option. */
const undeclaredService = () => {
  const file = create(FileDescriptorProtoSchema, {
    name: "undeclared.proto",
    package: "careless",
    syntax: "proto3",
    dependency: ["google/protobuf/empty.proto"],
    service: [
      {
        name: "Careless",
        method: [{ name: "Get", inputType: ".google.protobuf.Empty", outputType: ".google.protobuf.Empty" }],
      },
    ],
  });
  const registry = createFileRegistry(
    create(FileDescriptorSetSchema, { file: [file_google_protobuf_empty.proto, file] }),
  );
  const service = registry.getService("careless.Careless");
  assert.ok(service !== undefined && FieldDescriptorProto_Type !== undefined);
  return service;
};

test("an RPC that declares no caller refuses everyone", async (t) => {
  const desc = undeclaredService();
  let asked = 0;
  const handlers = {
    get: async () => {
      asked += 1;
      return create(EmptySchema);
    },
  };
  const { server, authority } = await serveBroker(t, {
    services: [meshService(desc, handlers as never)], // its types are known at run time only
  });
  const transport = createGrpcTransport({
    baseUrl: `https://127.0.0.1:${server.port}`,
    nodeOptions: { ca: authority.ca, servername: "broker.contoso.example" },
  });
  const client = createClient(desc, transport) as unknown as { get(request: object): Promise<unknown> }; // likewise
  const error = await refusal(client.get({}));
  assert.equal(error.code, Code.PermissionDenied);
  assert.equal(reasonOf(error)?.reason, "CALLER_UNDECLARED");
  assert.equal(asked, 0);
});

const LIST = "sealmesh.provider.v1alpha1.DataProvider/ListDatasets";

test("calls above the rate are refused with a time to try again, others go on", async (t) => {
  const { client, lines } = await serveProvider(
    t,
    { listDatasets: async () => ({}), getManifest: async () => ({}) },
    { limits: { [LIST]: { perSecond: 0.5, burst: 3 } } },
  );
  for (let n = 0; n < 3; n++) await client.listDatasets({});
  const error = await refusal(client.listDatasets({}));
  assert.equal(error.code, Code.ResourceExhausted);
  assert.equal(reasonOf(error)?.reason, "RATE_LIMITED");
  const [retry] = detailsOf(error, RetryInfoSchema);
  const seconds = Number(retry?.retryDelay?.seconds) + (retry?.retryDelay?.nanos ?? 0) / 1e9;
  assert.ok(seconds > 1 && seconds <= 2, `${seconds}`);
  await client.getManifest({});
  assert.deepEqual(
    lines.map(({ reason }) => reason),
    ["RATE_LIMITED"],
  );
});

test("a limit on a method that is not served stops the server from starting", async () => {
  await assert.rejects(
    createMeshServer({
      services: [providerService({})],
      errors: [],
      tls: { off: "a test" },
      port: 0,
      limits: { [`${LIST}s`]: { perSecond: 1, burst: 1 } },
      log: recordingLog().log,
    }),
    /ListDatasetss, which is not served/,
  );
});
