import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { connectMesh, createMeshServer, reasonOf, libraryErrors, mapError } from "#mesh";
import { serverTls } from "./authority.ts";
import { providerService, recordingLog, serveProvider, type ProviderHandlers } from "./provider-server.ts";

const rejection = async (promise: Promise<unknown>): Promise<ConnectError> => {
  const error: unknown = await promise.then(
    () => assert.fail("the call succeeded"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError, String(error));
  return error;
};

/** Settles when the handler's generator has been left. */
const leaving = () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { left: promise, leave: resolve };
};

test("answers a unary call with what the handler returns", async (t) => {
  const { client } = await serveProvider(t, {
    listDatasets: async ({ pageSize }) => ({ datasets: [{ name: "contoso/employees", rows: BigInt(pageSize) }] }),
  });
  const { datasets } = await client.listDatasets({ pageSize: 50 });
  assert.equal(datasets[0]?.name, "contoso/employees");
  assert.equal(datasets[0]?.rows, 50n);
});

test("streams every message in order", async (t) => {
  const { client } = await serveProvider(t, {
    async *readSealed({ length }) {
      for (let offset = 0n; offset < length; offset++) yield { offset, data: new Uint8Array([Number(offset)]) };
    },
  });
  const offsets: bigint[] = [];
  for await (const { offset } of client.readSealed({ length: 200n })) offsets.push(offset);
  assert.deepEqual(
    offsets,
    Array.from({ length: 200 }, (_, n) => BigInt(n)),
  );
});

test("serves and calls with TLS stripped by configuration", async (t) => {
  const { server } = await serveProvider(
    t,
    { listDatasets: async (_, { peer }) => ({ nextPageToken: String(peer.spkiSha256) }) },
    { tls: { off: "a test of stripped TLS" } },
  );
  const connection = connectMesh({
    address: `127.0.0.1:${server.port}`,
    serverName: "contoso",
    tls: { off: "a test of stripped TLS" },
  });
  t.after(() => connection.close());
  assert.equal((await connection.client(DataProvider).listDatasets({})).nextPageToken, "undefined");
  assert.equal(connection.peerSpkiSha256(), undefined);
});

test("tells a handler the deadline of its caller, and answers when it passes", async (t) => {
  const { left, leave } = leaving();
  const { client, lines } = await serveProvider(t, {
    async *readSealed(_, { signal, deadline }) {
      assert.ok(deadline !== undefined && deadline.getTime() - Date.now() <= 150);
      yield { offset: 0n };
      await once(signal, "abort");
      leave(reasonOf(signal.reason)?.reason);
    },
  });
  // As a header, so that the caller's own clock does not end the call first.
  const headers = { "grpc-timeout": "150m" };
  const error = await rejection(
    (async () => {
      for await (const { offset } of client.readSealed({}, { headers })) assert.equal(offset, 0n);
    })(),
  );
  assert.equal(error.code, Code.DeadlineExceeded);
  assert.equal(await left, "DEADLINE_EXCEEDED");
  await delay(20);
  assert.deepEqual(
    lines.map(({ status }) => status),
    ["DEADLINE_EXCEEDED"],
  );
});

test("a caller's deadline ends its call", async (t) => {
  const { client } = await serveProvider(t, { listDatasets: () => new Promise(() => undefined) });
  const error = await rejection(client.listDatasets({}, { timeoutMs: 100 }));
  assert.equal(error.code, Code.DeadlineExceeded);
  // To whoever waits for us meanwhile, the silent peer is one that cannot be reached.
  const { status, reason } = mapError(error, libraryErrors);
  assert.deepEqual([status, reason], [Code.Unavailable, "PEER_UNREACHABLE"]);
});

test("gives a unary call without a deadline one of its own, even when the handler ignores it", async (t) => {
  const { server, authority } = await serveProvider(
    t,
    { listDatasets: () => new Promise(() => undefined) },
    { unaryTimeoutMs: 100 },
  );
  // A client of another kind, which sets no deadline.
  const { createGrpcTransport } = await import("@connectrpc/connect-node");
  const { createClient } = await import("@connectrpc/connect");
  const plain = createClient(
    DataProvider,
    createGrpcTransport({
      baseUrl: `https://127.0.0.1:${server.port}`,
      nodeOptions: { ca: authority.ca, servername: "broker.contoso.example" },
    }),
  );
  const error = await rejection(plain.listDatasets({}));
  assert.equal(error.code, Code.DeadlineExceeded);
  assert.equal(reasonOf(error)?.reason, "DEADLINE_EXCEEDED");
});

test("a cancelled stream aborts the signal and runs the handler's finally", async (t) => {
  const { left, leave } = leaving();
  const { client, lines } = await serveProvider(t, {
    async *readSealed(_, { signal }) {
      try {
        yield { offset: 1n };
        await once(signal, "abort");
      } finally {
        leave(reasonOf(signal.reason)?.reason);
      }
    },
  });
  const cancel = new AbortController();
  await rejection(
    (async () => {
      for await (const _ of client.readSealed({}, { signal: cancel.signal })) cancel.abort();
    })(),
  );
  assert.equal(await left, "CANCELLED");
  await delay(20);
  assert.deepEqual(
    lines.map(({ status, method }) => [status, method]),
    [["CANCELLED", "sealmesh.provider.v1alpha1.DataProvider/ReadSealed"]],
  );
});

test("leaving a loop over a stream early cancels the call", async (t) => {
  const { left, leave } = leaving();
  const { client } = await serveProvider(t, {
    async *readSealed() {
      try {
        for (let offset = 0n; ; offset++) {
          yield { offset };
          await delay(1);
        }
      } finally {
        leave(true);
      }
    },
  });
  for await (const { offset } of client.readSealed({})) if (offset === 3n) break;
  assert.equal(await left, true);
});

test("leaving a stream that has a deadline leaves no timer behind", async (t) => {
  const { client } = await serveProvider(t, {
    async *readSealed(_, { signal }) {
      yield { offset: 0n };
      await delay(60_000, undefined, { signal });
    },
  });
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  for await (const _ of client.readSealed({}, { timeoutMs: 300_000 })) break;
  await delay(50);
  assert.ok(timers() <= before, `${timers()} timers, ${before} before`);
});

test("a slow reader slows the handler down: the server does not buffer the stream", async (t) => {
  const data = new Uint8Array(256 * 1024);
  let made = 0;
  const { client } = await serveProvider(t, {
    async *readSealed() {
      for (; made < 256; made++) yield { data };
    },
  });
  let read = 0;
  for await (const message of client.readSealed({})) {
    if (read === 0) {
      await delay(300);
      // 64 MiB are there to send; the client's window of 4 MiB and the server's queue of 1 MiB are all that may be on the way.
      assert.ok(made < 32, `${made} messages of 256 KiB made while one was read`);
    }
    assert.equal(message.data.length, data.length);
    read += 1;
  }
  assert.equal(read, 256);
});

test("what was streamed before a failure arrives before it", async (t) => {
  const { client } = await serveProvider(t, {
    async *readSealed() {
      for (let offset = 0n; offset < 20n; offset++) yield { offset };
      throw new TypeError("disk on fire at /srv/secret");
    },
  });
  const offsets: bigint[] = [];
  const error = await rejection(
    (async () => {
      for await (const { offset } of client.readSealed({})) offsets.push(offset);
    })(),
  );
  assert.equal(offsets.length, 20);
  assert.equal(error.code, Code.Internal);
});

test("a drain lets running calls end and takes no new connection", async (t) => {
  const gate = leaving();
  const { client, server, target } = await serveProvider(t, {
    async *readSealed() {
      yield { offset: 1n };
      await gate.left;
      yield { offset: 2n };
    },
  });
  const offsets: bigint[] = [];
  let closed: Promise<void> | undefined;
  for await (const { offset } of client.readSealed({})) {
    offsets.push(offset);
    if (closed === undefined) {
      closed = server.close({ graceMs: 5_000 });
      const late = connectMesh(target);
      const error = await rejection(late.client(DataProvider).listDatasets({}));
      assert.equal(reasonOf(error)?.reason, "PEER_UNREACHABLE");
      gate.leave(true);
    }
  }
  await closed;
  assert.deepEqual(offsets, [1n, 2n]);
});

test("a drain cancels what outlives the grace, and waits for the handlers' clean-up", async (t) => {
  let cleaned = false;
  const { client, server } = await serveProvider(t, {
    async *readSealed(_, { signal }) {
      try {
        yield { offset: 1n };
        await once(signal, "abort");
      } finally {
        await delay(100);
        cleaned = true;
      }
    },
  });
  const error = await rejection(
    (async () => {
      for await (const _ of client.readSealed({})) {
        await server.close({ graceMs: 50 });
        assert.equal(cleaned, true);
      }
    })(),
  );
  assert.equal(error.code, Code.Unavailable);
  assert.equal(reasonOf(error)?.reason, "PEER_UNREACHABLE");
});

test("no call fails while a server is replaced by another on the same port", async (t) => {
  const handlers: Partial<ProviderHandlers> = {
    listDatasets: async () => {
      await delay(2);
      return {};
    },
  };
  const { authority, server, client } = await serveProvider(t, handlers);
  const replaced = new AbortController();
  let answered = 0;
  const callers = Array.from({ length: 8 }, async () => {
    for (; !replaced.signal.aborted; answered++) await client.listDatasets({});
  });
  await delay(100);
  await server.close({ graceMs: 1_000 });
  const next = await createMeshServer({
    services: [providerService(handlers)],
    errors: [],
    tls: await serverTls(authority),
    port: server.port,
    log: recordingLog().log,
  });
  t.after(() => next.close({ graceMs: 0 }));
  const before = answered;
  await delay(300);
  replaced.abort();
  await Promise.all(callers);
  assert.ok(answered > before + 8, `${answered} calls answered, ${before} before the replacement`);
});
