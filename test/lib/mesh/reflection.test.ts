import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { credentials, loadPackageDefinition, type Client } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath as healthProto } from "grpc-health-check";
import { SERVER_NAME } from "./authority.ts";
import { serveProvider } from "./provider-server.ts";

const reflectionProto = join(
  dirname(createRequire(import.meta.url).resolve("@grpc/reflection/package.json")),
  "build/proto/grpc/reflection/v1/reflection.proto",
);

interface Duplex {
  on(event: string, listener: (value: never) => void): void;
  write(message: object): void;
  end(): void;
}
interface FoundClient extends Client {
  ServerReflectionInfo(): Duplex;
  Check(request: object, callback: (error: { code: number } | null, answer?: { status: string }) => void): void;
  Watch(request: object): Duplex;
}

const clientOf = (proto: string, path: readonly string[], port: number, ca: string): FoundClient => {
  let found: unknown = loadPackageDefinition(loadSync(proto, { keepCase: true, enums: String, oneofs: true }));
  for (const name of path) found = (found as Record<string, unknown>)[name]; // a tree of packages with services as leaves
  const Found = found as new (
    address: string,
    channel: ReturnType<typeof credentials.createSsl>,
    options: object,
  ) => FoundClient;
  return new Found(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(ca)), {
    "grpc.ssl_target_name_override": SERVER_NAME,
  });
};

const run = (args: readonly string[]) => promisify(execFile)("grpcurl", args);

test("reflection lists the services and gives every file that they need", async (t) => {
  const { server, authority } = await serveProvider(t, {});
  const client = clientOf(reflectionProto, ["grpc", "reflection", "v1", "ServerReflection"], server.port, authority.ca);
  t.after(() => client.close());
  const ask = (request: object): Promise<Record<string, Record<string, never[]>>> =>
    new Promise((resolve, reject) => {
      const stream = client.ServerReflectionInfo();
      stream.on("data", resolve);
      stream.on("error", reject);
      stream.write(request);
      stream.end();
    });
  const listed = await ask({ list_services: "*" });
  assert.deepEqual(
    (listed["list_services_response"]?.["service"] as { name: string }[] | undefined)
      ?.map(({ name }) => name)
      .toSorted(),
    ["grpc.health.v1.Health", "sealmesh.provider.v1alpha1.DataProvider"],
  );

  const wanted = ["sealmesh/provider/v1alpha1/provider.proto"];
  const files = new Set<string>();
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (files.has(name)) continue;
    files.add(name);
    const answer = await ask({ file_by_filename: name });
    const encoded: readonly Uint8Array[] = answer["file_descriptor_response"]?.["file_descriptor_proto"] ?? [];
    const parsed = encoded.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const file = parsed.find((candidate) => candidate.name === name);
    assert.ok(file !== undefined, `no ${name}`);
    wanted.push(...file.dependency);
  }
  assert.ok(files.has("google/protobuf/descriptor.proto"));
});

test("grpcurl lists, describes and calls with nothing but the address and the CA file", async (t) => {
  try {
    await run(["-version"]);
  } catch {
    t.skip("grpcurl is not installed");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "sealmesh-grpcurl-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { server, authority } = await serveProvider(t, {
    listDatasets: async ({ pageSize }) => ({ datasets: [{ name: "contoso/employees", version: pageSize }] }),
    openRecords: async () => ({ records: [{ cells: { city: "Oslo" } }] }),
  });
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, authority.ca);
  const grpcurl = async (data: string | undefined, ...rest: readonly string[]): Promise<string> => {
    const address = `127.0.0.1:${server.port}`;
    const body = data === undefined ? [] : ["-d", data];
    return (await run(["-cacert", ca, "-authority", SERVER_NAME, ...body, address, ...rest])).stdout;
  };
  const service = "sealmesh.provider.v1alpha1.DataProvider";
  assert.deepEqual((await grpcurl(undefined, "list")).trim().split("\n"), ["grpc.health.v1.Health", service]);
  assert.match(await grpcurl(undefined, "describe"), /rpc ReadSealed .*returns \( stream /);
  assert.match(await grpcurl('{"page_size":7}', `${service}/ListDatasets`), /"version": 7/);
  assert.match(await grpcurl("{}", `${service}/OpenRecords`), /"city": "Oslo"/);
  assert.match(await grpcurl(undefined, "grpc.health.v1.Health/Check"), /"status": "SERVING"/);
});

test("health is SERVING while it listens and NOT_SERVING when it drains", async (t) => {
  const { server, authority } = await serveProvider(t, {});
  const client = clientOf(healthProto, ["grpc", "health", "v1", "Health"], server.port, authority.ca);
  t.after(() => client.close());
  const check = (service: string): Promise<unknown> =>
    new Promise((resolve) => {
      client.Check({ service }, (error, answer) => resolve(error?.code ?? answer?.status));
    });
  assert.equal(await check(""), "SERVING");
  assert.equal(await check("sealmesh.provider.v1alpha1.DataProvider"), "SERVING");
  assert.equal(await check("sealmesh.broker.v1alpha1.KeyBroker"), 5);

  const seen: string[] = [];
  const first = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const watch = client.Watch({ service: "" });
  watch.on("data", ({ status }: { status: string }) => {
    seen.push(status);
    first.resolve();
  });
  watch.on("error", () => ended.resolve());
  await first.promise;
  await server.close({ graceMs: 200 });
  await ended.promise;
  assert.deepEqual(seen, ["SERVING", "NOT_SERVING"]);
});
