import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { spreadOf } from "./measure.ts";

const bench = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, "run.ts"), ...args], { encoding: "utf8" });

test("a spread names the middle and the ends, whatever the order", () => {
  assert.deepEqual(spreadOf([5, 1, 4, 2, 3]), { median: 3, lowerQuartile: 2, upperQuartile: 4, least: 1, most: 5 });
});

test("the benchmark of the verifier ends with a verdict, a cost, and the limit that it is held against", () => {
  const { stdout, stderr } = bench("attestation", "--rounds", "1", "--json");
  const { ok, limit, milliseconds } = JSON.parse(stdout === "" ? assert.fail(stderr) : stdout);
  assert.equal(typeof ok, "boolean");
  assert.equal(limit, 5);
  assert.ok(milliseconds[0].median > 0);
});

test("a benchmark that does not exist is unusable input", () => {
  assert.equal(bench("nothing").status, 2);
});
