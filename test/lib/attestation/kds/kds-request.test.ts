// How the service is asked: patience, limits, and what an error says when there is no answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AttestationError, type KdsOptions } from "#attestation";
import { fakeNow } from "../fake-processor.ts";
import { assertRefused } from "../refusal.ts";
import { clientOf, leaf, path, report } from "./client-under-test.ts";

test("after 429 it waits as long as it is told, and asks again", async () => {
  const { client, waits } = await clientOf({ [path]: [{ status: 429, headers: { "retry-after": "7" } }, leaf] });
  await client.vcek(report, "Milan");
  assert.deepEqual(waits, [7_000]);
});

test("a date says how long to wait, too", async () => {
  const headers = { "retry-after": new Date(fakeNow.getTime() + 3_000).toUTCString() };
  const { client, waits } = await clientOf({ [path]: [{ status: 503, headers }, leaf] });
  await client.vcek(report, "Milan");
  assert.deepEqual(waits, [3_000]);
});

test("it never waits longer than 30 seconds at once, whatever it is told", async () => {
  const { client, waits } = await clientOf({ [path]: [{ status: 429, headers: { "retry-after": "999999" } }, leaf] });
  await client.vcek(report, "Milan");
  assert.deepEqual(waits, [30_000]);
});

for (const status of [404, 429, 500, 503]) {
  test(`${status} that lasts is unavailable, with the status, after waits that double`, async () => {
    const { client, waits, asked, store } = await clientOf({ [path]: [{ status }] });
    await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE", { seen: `${status}` });
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000]);
    assert.equal(asked.length, 5);
    assert.equal(store.kept.size, 0);
  });
}

test("a status that asking again does not change is not asked about again", async () => {
  const { client, asked } = await clientOf({ [path]: [{ status: 400 }] });
  await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE", { seen: "400" });
  assert.equal(asked.length, 1);
});

test("no redirect is followed", async () => {
  const elsewhere = { status: 302, headers: { location: "/other" } };
  const { client, asked } = await clientOf({ [path]: [elsewhere], "/other": [leaf] });
  await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE");
  assert.ok(!asked.includes("/other"));
});

test("an answer that takes too long is given up", async () => {
  const never: KdsOptions["fetch"] = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const { client } = await clientOf({}, { fetch: never, timeoutMs: 5, attempts: 1 });
  await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE");
});

test("an answer without an end is given up at the limit", async () => {
  let given = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      given += 1;
      controller.enqueue(new Uint8Array(16_384));
    },
  });
  const { client } = await clientOf({}, { fetch: async () => new Response(body) });
  await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE");
  assert.ok(given < 10, `${given} chunks were read`);
});

test("what failed last is what the error tells: no status when there was no answer", async () => {
  const failure = new TypeError("fetch failed");
  const turns = [new Response(null, { status: 500 })];
  const fetch = async () => turns.shift() ?? Promise.reject(failure);
  const { client } = await clientOf({}, { fetch, attempts: 2 });
  await assert.rejects(client.vcek(report, "Milan"), (error) => {
    assert.ok(error instanceof AttestationError);
    assert.equal(error.cause, failure);
    assert.equal(error.data.seen, undefined);
    return true;
  });
});

test("a base that is no address is unavailable", async () => {
  const { client } = await clientOf({}, { base: "nowhere", attempts: 1 });
  await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE");
});
