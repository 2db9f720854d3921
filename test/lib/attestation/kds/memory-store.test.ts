import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "#attestation";

test("keeps a copy, and nothing that was not put", async () => {
  const store = createMemoryStore();
  const bytes = Uint8Array.of(1, 2);
  await store.put("/a", bytes);
  bytes.fill(0);
  assert.deepEqual(await store.get("/a"), Uint8Array.of(1, 2));
  assert.equal(await store.get("/b"), null);
});

test("of more than 1,024 things the oldest goes, and one that is put again takes no other's place", async () => {
  const store = createMemoryStore();
  for (let at = 0; at < 1_024; at += 1) await store.put(`/${at}`, Uint8Array.of(1));
  await store.put("/5", Uint8Array.of(2));
  assert.notEqual(await store.get("/0"), null);
  await store.put("/new", Uint8Array.of(3));
  assert.equal(await store.get("/0"), null);
  assert.notEqual(await store.get("/1"), null);
});
