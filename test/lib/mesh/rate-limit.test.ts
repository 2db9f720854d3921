import assert from "node:assert/strict";
import { test } from "node:test";
import { createRateLimiter } from "../../../services/lib/mesh/rate-limit.ts";

const limits = { get: { perSecond: 2, burst: 2 } };

test("a bucket fills at its rate, never above its burst", () => {
  let at = 0;
  const take = createRateLimiter(limits, { now: () => at });
  assert.equal(take("10.0.0.1", "get"), undefined);
  assert.equal(take("10.0.0.1", "get"), undefined);
  assert.equal(take("10.0.0.1", "get"), 500);
  at = 250;
  assert.equal(take("10.0.0.1", "get"), 250);
  at = 501;
  assert.equal(take("10.0.0.1", "get"), undefined);
  at = 1_000_000;
  assert.equal(take("10.0.0.1", "get"), undefined);
  assert.equal(take("10.0.0.1", "get"), undefined);
  assert.equal(take("10.0.0.1", "get"), 500);
});

test("addresses have buckets of their own; one IPv6 network of 64 bits is one host", () => {
  const take = createRateLimiter({ get: { perSecond: 1, burst: 1 } }, { now: () => 0 });
  assert.equal(take("10.0.0.1", "get"), undefined);
  assert.equal(take("10.0.0.2", "get"), undefined);
  assert.equal(take("::ffff:10.0.0.2", "get"), 1000);
  assert.equal(take("2001:db8:0:1::1", "get"), undefined);
  assert.equal(take("2001:db8:0:1:ffff::2", "get"), 1000);
  assert.equal(take("2001:db8:0:2::1", "get"), undefined);
});

test("a method without a limit has none", () => {
  const take = createRateLimiter(limits, { now: () => 0 });
  for (let n = 0; n < 100; n++) assert.equal(take("10.0.0.1", "list"), undefined);
});

test("memory is bounded: the bucket unused for longest is dropped", () => {
  const take = createRateLimiter({ get: { perSecond: 1, burst: 1 } }, { now: () => 0, capacity: 3 });
  for (const host of ["a", "b", "c", "d"]) assert.equal(take(host, "get"), undefined);
  assert.equal(take("d", "get"), 1000);
  assert.equal(take("b", "get"), 1000);
  assert.equal(take("a", "get"), undefined);
});
