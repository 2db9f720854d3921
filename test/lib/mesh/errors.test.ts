import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  RetryInfoSchema,
} from "#gen/google/rpc/error_details_pb.ts";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { connectMesh, detailsOf, errorDetail, mapError, reasonOf, RpcError, statusTable } from "#mesh";
import { serveProvider } from "./provider-server.ts";

type VaultCode = "VAULT_SHUT" | "VAULT_EMPTY";

class VaultError extends Error {
  readonly code: VaultCode;
  readonly data: Readonly<Record<string, unknown>>;
  constructor(code: VaultCode, message: string, data: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const vaultErrors = statusTable(
  VaultError,
  { VAULT_SHUT: Code.PermissionDenied, VAULT_EMPTY: Code.FailedPrecondition },
  "vault.sealmesh",
  {
    details: ({ code }) =>
      code === "VAULT_SHUT"
        ? [
            errorDetail(PreconditionFailureSchema, {
              violations: [{ type: "CLAUSE", subject: "/anyOf/0", description: "not met" }],
            }),
          ]
        : [],
  },
);

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("the call succeeded"),
    (reason: unknown) => reason,
  );

test("a domain error arrives with its code, reason, domain, metadata and details", async (t) => {
  const { client, lines } = await serveProvider(
    t,
    {
      listDatasets: async () => {
        throw new VaultError("VAULT_SHUT", "vault 7 is shut, want open", {
          vault: 7,
          digest: new Uint8Array([0xab, 0xcd]),
          rows: 3n,
          clauses: [{ met: false }],
          absent: undefined,
        });
      },
    },
    { errors: [vaultErrors] },
  );
  const error = await rejection(client.listDatasets({}));
  assert.ok(error instanceof ConnectError);
  assert.equal(error.code, Code.PermissionDenied);
  assert.equal(error.rawMessage, "vault 7 is shut, want open");
  const metadata = { vault: "7", digest: "abcd", rows: "3", clauses: '[{"met":false}]' };
  assert.deepEqual(reasonOf(error), { reason: "VAULT_SHUT", domain: "vault.sealmesh", metadata });
  assert.equal(detailsOf(error, ErrorInfoSchema).length, 1);
  assert.equal(detailsOf(error, PreconditionFailureSchema)[0]?.violations[0]?.subject, "/anyOf/0");
  assert.equal(lines.length, 1);
  const { time, ...line } = lines[0] ?? {};
  assert.ok(!Number.isNaN(Date.parse(String(time))));
  assert.deepEqual(line, {
    level: "warn",
    service: "contoso/provider",
    method: "sealmesh.provider.v1alpha1.DataProvider/ListDatasets",
    status: "PERMISSION_DENIED",
    reason: "VAULT_SHUT",
    metadata,
  });
});

test("an error thrown in the middle of a stream arrives the same way", async (t) => {
  const { client } = await serveProvider(
    t,
    {
      async *readSealed() {
        yield { offset: 0n };
        throw new VaultError("VAULT_EMPTY", "vault is empty");
      },
    },
    { errors: [vaultErrors] },
  );
  const error = await rejection(
    (async () => {
      for await (const message of client.readSealed({})) assert.equal(message.offset, 0n);
    })(),
  );
  assert.equal((error as ConnectError).code, Code.FailedPrecondition);
  assert.equal(reasonOf(error)?.reason, "VAULT_EMPTY");
});

test("an unknown error is INTERNAL with nothing of its cause; the cause is in the log", async (t) => {
  const { client, lines } = await serveProvider(t, {
    listDatasets: async () => {
      throw new TypeError("cannot read /srv/owner.key");
    },
  });
  const error = await rejection(client.listDatasets({}));
  assert.ok(error instanceof ConnectError);
  assert.equal(error.code, Code.Internal);
  assert.equal(error.rawMessage, "internal error");
  assert.deepEqual(reasonOf(error), { reason: "INTERNAL", domain: "mesh.sealmesh", metadata: {} });
  assert.ok(!JSON.stringify([...error.metadata]).includes("owner.key"));
  assert.equal(lines[0]?.["level"], "error");
  assert.match(String(lines[0]?.["cause"]), /cannot read \/srv\/owner\.key/);
});

test("details too long for trailers are left out and counted, the reason stays", async (t) => {
  const violations = Array.from({ length: 400 }, (_, n) => ({ subject: `/anyOf/${n}`, description: "x".repeat(50) }));
  const { client } = await serveProvider(t, {
    listDatasets: async () => {
      throw new RpcError({
        status: Code.PermissionDenied,
        reason: "POLICY_REFUSED",
        message: "refused",
        metadata: { clauses: "y".repeat(50_000), broker: "contoso" },
        details: [errorDetail(PreconditionFailureSchema, { violations })],
      });
    },
  });
  const found = reasonOf(await rejection(client.listDatasets({})));
  assert.equal(found?.reason, "POLICY_REFUSED");
  assert.equal(found.metadata["details_omitted"], "1");
  assert.equal(found.metadata["broker"], "contoso");
});

test("a request that is not an encoding of its type is INVALID_ARGUMENT", async (t) => {
  const { server } = await serveProvider(t, {}, { tls: { off: "a test that writes its own frames" } });
  const { Client, credentials } = await import("@grpc/grpc-js");
  const raw = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  t.after(() => raw.close());
  const status = await new Promise<number | undefined>((resolve) => {
    raw.makeUnaryRequest(
      "/sealmesh.provider.v1alpha1.DataProvider/ListDatasets",
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.from([0xff, 0xff, 0xff]),
      (error) => resolve(error?.code),
    );
  });
  assert.equal(status, Code.InvalidArgument);
});

test("a request over 4 MiB is refused before it is read", async (t) => {
  const { client } = await serveProvider(t, { getManifest: async () => ({}) });
  const error = await rejection(client.getManifest({ manifestDigest: new Uint8Array(5 * 1024 * 1024) }));
  assert.equal((error as ConnectError).code, Code.ResourceExhausted);
});

test("a peer that nobody listens for is UNAVAILABLE and named, with a time to try again", async () => {
  const connection = connectMesh({
    address: "127.0.0.1:1",
    serverName: "broker.fabrikam.example",
    label: "fabrikam/broker",
    tls: { off: "nobody is there" },
  });
  const error = await rejection(connection.client(DataProvider).listDatasets({}));
  assert.equal((error as ConnectError).code, Code.Unavailable);
  assert.equal(reasonOf(error)?.reason, "PEER_UNREACHABLE");
  assert.equal(reasonOf(error)?.metadata["peer"], "fabrikam/broker");
  assert.equal(detailsOf(error, RetryInfoSchema).length, 1);
  // A service that fails because of it passes it on, naming the party.
  const passedOn = mapError(error, []);
  assert.equal(passedOn.status, Code.Unavailable);
  assert.equal(passedOn.metadata["peer"], "fabrikam/broker");
});

test("another answer of a peer is not passed on", () => {
  const answer = new ConnectError("the broker's private words", Code.PermissionDenied);
  assert.equal(mapError(answer, [vaultErrors]).message, "internal error");
});

test("a detail of an error can be read on the side that made it", () => {
  const error = new RpcError({
    status: Code.InvalidArgument,
    reason: "X",
    message: "x",
    details: [errorDetail(BadRequestSchema, { fieldViolations: [{ field: "nonce" }] })],
  });
  assert.equal(detailsOf(error, BadRequestSchema)[0]?.fieldViolations[0]?.field, "nonce");
  assert.deepEqual(detailsOf(error, RetryInfoSchema), []);
});
