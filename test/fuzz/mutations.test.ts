// The short form of `npm run fuzz -- mutations`: the same changes of the same seed in every run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { genuineEvidence, IGNORED_BYTES, tryMutations } from "./mutations.ts";

test("2,000 random changes of genuine reports are refused, each with a code", async () => {
  assert.deepEqual(IGNORED_BYTES, []);
  const { tried, refusals } = await tryMutations(await genuineEvidence(), 2_000, 20_261_124);
  assert.equal(tried, 2_000);
  assert.equal(
    [...refusals.values()].reduce((sum, times) => sum + times, 0),
    2_000,
  );
  assert.ok(refusals.has("EVIDENCE_SIGNATURE") && refusals.has("REPORT_MALFORMED"));
});
