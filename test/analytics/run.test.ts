// Runs: numbered events that whoever comes late finds again, bounds, cancellation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AnalyticsError } from "../../services/analytics/analytics-error.ts";
import { createRun, type NumberedEvent } from "../../services/analytics/run.ts";
import { createRuns } from "../../services/analytics/runs.ts";

const progress = (rowsDone: number) =>
  ({
    kind: "progress",
    progress: {
      stage: "AGGREGATING",
      party: "contoso",
      rowsDone,
      rowsTotal: 10,
      bytesDone: 0,
      bytesTotal: 0,
      rowsPerSecond: 0,
    },
  }) as const;

const never = new AbortController().signal;

const collect = async (events: AsyncIterable<NumberedEvent>): Promise<readonly number[]> => {
  const numbers: number[] = [];
  for await (const { sequence } of events) numbers.push(sequence);
  return numbers;
};

test("a follower gets the events after a number, then those to come, without a gap", async () => {
  const run = createRun("r", () => 0);
  run.emit(progress(1));
  run.emit(progress(2));
  const all = collect(run.follow(0, never));
  const late = collect(run.follow(1, never));
  run.emit(progress(3));
  await Promise.resolve();
  run.emit(progress(4));
  run.end();
  assert.deepEqual(await all, [1, 2, 3, 4]);
  assert.deepEqual(await late, [2, 3, 4]);
  assert.deepEqual(await collect(run.follow(4, never)), []);
});

test("a failed run gives its events and then its error, to everyone, at any time", async () => {
  const run = createRun("r", () => 0);
  run.emit(progress(1));
  run.end(new Error("broken seal"));
  for (const after of [0, 1]) await assert.rejects(collect(run.follow(after, never)), /broken seal/);
  run.emit(progress(2));
  assert.equal(run.result, undefined);
});

test("a follower that leaves does not end the run", async () => {
  const run = createRun("r", () => 0);
  const gone = new AbortController();
  const followed = collect(run.follow(0, gone.signal));
  run.emit(progress(1));
  gone.abort();
  assert.deepEqual(await followed, [1]);
  assert.equal(run.state, "running");
});

const createTestRuns = () => {
  const failures: unknown[] = [];
  let time = 0;
  const runs = createRuns({ now: () => time, onFailure: (_, error) => failures.push(error) });
  return { runs, failures, advance: (ms: number) => (time += ms) };
};

test("the same request id finds the same run; without one each start is a new run", async () => {
  const { runs } = createTestRuns();
  const first = runs.start("request-1", async () => undefined);
  assert.equal(
    runs.start("request-1", async () => assert.fail("started twice")),
    first,
  );
  assert.notEqual(
    runs.start("", async () => undefined),
    runs.start("", async () => undefined),
  );
  await runs.close();
});

test("a fifth run at the same time is refused, and runs again when one has ended", async () => {
  const { runs } = createTestRuns();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (let count = 0; count < 4; count += 1) runs.start("", () => promise);
  assert.throws(() => runs.start("", () => promise), { code: "RUNS_LIMITED" });
  resolve();
  await new Promise((settle) => setImmediate(settle));
  assert.equal(runs.start("", async () => undefined).state, "running");
  await runs.close();
});

test("a cancelled run ends with the reason of its cancellation, whatever its work threw", async () => {
  const { runs, failures } = createTestRuns();
  const run = runs.start(
    "",
    (started) =>
      new Promise((_, reject) => started.signal.addEventListener("abort", () => reject(new Error("socket closed")))),
  );
  const reason = new AnalyticsError("RUN_CANCELLED", "asked for");
  run.cancel(reason);
  await assert.rejects(collect(run.follow(0, never)), { code: "RUN_CANCELLED" });
  assert.deepEqual(failures, [reason]);
  await runs.close();
});

test("runs are forgotten an hour after they ended", async () => {
  const { runs, advance } = createTestRuns();
  const old = runs.start("", async () => undefined);
  await new Promise((settle) => setImmediate(settle));
  assert.equal(runs.find(old.id), old);
  advance(3_600_001);
  runs.start("", async () => undefined);
  assert.throws(() => runs.find(old.id), { code: "RUN_UNKNOWN" });
  await runs.close();
});
