import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { after, afterEach, before, test } from "node:test";
import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { Analytics, type AnalysisEvent } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { connectMesh, reasonOf, type MeshConnection } from "#mesh";
import { endWithTests, freshFolder } from "./fresh.ts";
import { startHops, type Hops } from "./hops.ts";
import { startMesh, type Mesh } from "./mesh.ts";
import { peopleCsv } from "./people.ts";
import { descendantsOf } from "./processes.ts";
import { environmentFor, project, sealmesh } from "./program.ts";
import { newestContract } from "./state-folder.ts";

const ROWS = 300_000;
const PROVIDER = "contoso/provider";
const BROKER = "contoso/broker";
const wanted = { contract: "partner-demographics", query: "demographics" };

let hops: Hops;
let mesh: Mesh;
let address: string;
let connection: MeshConnection;
let analytics: Client<typeof Analytics>;
/** Bytes that Contoso's provider sends for one run. */
let bytesOfRun: number;

before(async () => {
  hops = await startHops([PROVIDER, BROKER]);
  const employees = join(freshFolder(), "employees.csv");
  writeFileSync(employees, peopleCsv(ROWS, { seed: 5, missingAges: true }));
  const args = [...hops.args, `--data=contoso/employees=${employees}`];
  mesh = await startMesh({ args, ports: hops.ports, without: ["gateway", "snooper", "changed_analytics"] });
  address = await mesh.at("woodgrove/analytics");
  const ca = readFileSync(join(mesh.state, "ca.pem"), "utf8");
  connection = connectMesh({ address, serverName: "localhost", tls: { ca } });
  analytics = connection.client(Analytics);
  await mesh.line(({ type }) => type === "staying");
  const before = hops.proxy(PROVIDER).received();
  await succeeds(analytics.runAnalysis(wanted));
  bytesOfRun = hops.proxy(PROVIDER).received() - before;
});
afterEach(() => {
  for (const label of [PROVIDER, BROKER]) hops.proxy(label).resume();
});
after(async () => {
  connection.close();
  await mesh.stop();
  await hops.close();
});

interface Followed {
  readonly events: readonly AnalysisEvent[];
  readonly error: unknown;
}

/** Reads a stream to its end, whichever it is. */
const follow = async (stream: AsyncIterable<{ readonly event?: AnalysisEvent | undefined }>): Promise<Followed> => {
  const events: AnalysisEvent[] = [];
  try {
    for await (const { event } of stream) if (event !== undefined) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
};

const numbersOf = (events: readonly AnalysisEvent[]): readonly number[] =>
  events.map(({ sequence }) => Number(sequence));
const upTo = (last: number, first = 1): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

/** Follows a run to its result: every event is there, and every row was counted. */
const succeeds = async (stream: AsyncIterable<{ readonly event?: AnalysisEvent | undefined }>): Promise<void> => {
  const { events, error } = await follow(stream);
  if (error !== undefined) throw error;
  assert.deepEqual(numbersOf(events), upTo(events.length));
  const last = events.at(-1)?.event;
  assert.ok(last?.case === "result");
  const { rows } = JSON.parse(last.value.document) as { rows: unknown }; // FORMATS.md, section 7
  assert.deepEqual(rows, { contoso: ROWS, fabrikam: 50 });
};

/** A run that ended because a party could not be reached; nothing of a result is in it. */
const failsNaming = (peer: string, { events, error }: Followed): void => {
  assert.ok(error instanceof ConnectError, String(error));
  const { reason, metadata } = reasonOf(error) ?? {};
  assert.deepEqual(
    [Code[error.code], reason, metadata?.["peer"]],
    ["Unavailable", "PEER_UNREACHABLE", peer],
    error.message,
  );
  assert.ok(events.length > 0 && events.every(({ event }) => event.case !== "result"));
};

const kill = (label: string): void => {
  const [party = "", role = ""] = label.split("/");
  const command = new RegExp(`services/${role}/main\\.ts --party ${party} `);
  const found = descendantsOf(mesh.pid).filter((process) => command.test(process.command));
  assert.equal(found.length, 1, label);
  for (const { pid } of found) process.kill(pid, "SIGKILL");
};

/** The launcher starts again what died; then a run succeeds. */
const succeedsSoon = async (): Promise<void> => {
  for (let triesLeft = 20; ; triesLeft--)
    try {
      await succeeds(analytics.runAnalysis(wanted));
      return;
    } catch (error) {
      if (triesLeft === 0 || reasonOf(error)?.reason !== "PEER_UNREACHABLE") throw error;
      await sleep(250);
    }
};

const died = (service: string): Promise<unknown> =>
  mesh.line((line) => line.type === "died" && line["service"] === service);

test("a provider that is killed during a run ends it naming the party; it is started again, and a later run succeeds", async () => {
  const reached = hops.proxy(PROVIDER).stallAfter(bytesOfRun / 2);
  const run = follow(analytics.runAnalysis(wanted));
  await reached;
  kill(PROVIDER);
  await died(PROVIDER);
  hops.proxy(PROVIDER).resume();
  failsNaming(PROVIDER, await run);
  await succeedsSoon();
});

test("a broker that is killed during a run ends it naming the party; it is started again, and a later run succeeds", async () => {
  const reached = hops.proxy(BROKER).stallAfter(20_000);
  // How much a run takes from the broker is the broker's affair: as many runs as it takes.
  let run = follow(analytics.runAnalysis(wanted));
  while ((await Promise.race([reached.then(() => "reached"), run.then(() => "ended")])) === "ended")
    run = follow(analytics.runAnalysis(wanted));
  kill(BROKER);
  await died(BROKER);
  hops.proxy(BROKER).resume();
  failsNaming(BROKER, await run);
  await succeedsSoon();
});

test("a client that is killed finds its run again where it was, and all of it is numbered without a gap", async () => {
  const reached = hops.proxy(PROVIDER).stallAfter(bytesOfRun / 2);
  const { file } = newestContract(mesh.state);
  const reach = ["--at", address, "--ca", join(mesh.state, "ca.pem"), "--contract", file, "--json"];
  const analyse = ["analyze", `${wanted.contract}/${wanted.query}`, ...reach];
  const client = spawn(process.execPath, [join(project, "services/cli/main.ts"), ...analyse], {
    env: environmentFor(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithTests(client);
  const lines: { readonly type: string; readonly run?: string }[] = [];
  createInterface({ input: client.stdout }).on("line", (text) => lines.push(JSON.parse(text) as { type: string })); // what --json prints
  await reached;
  while (!lines.some(({ type }) => type === "started")) await sleep(20);
  client.kill("SIGKILL");
  await new Promise((resolve) => client.once("close", resolve));
  const run = lines.find(({ type }) => type === "started")?.run ?? "";
  const seen = lines.length; // one event a line, until the result
  assert.ok(lines.every(({ type }) => type === "started" || type === "progress"));

  const watching = sealmesh(["watch", run, "--after", `${seen}`, ...reach]);
  await sleep(500);
  hops.proxy(PROVIDER).resume();
  const { status, stdout, stderr } = await watching;
  assert.equal(status, 0, stderr);
  const rest = stdout
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text) as { type: string; rows?: unknown }); // likewise
  assert.deepEqual([rest.at(-1)?.type, rest.at(-1)?.rows], ["result", { contoso: ROWS, fabrikam: 50 }]);

  const { events } = await follow(analytics.watchAnalysis({ run, after: 0n }));
  assert.deepEqual(numbersOf(events), upTo(events.length));
  const progress = rest.filter(({ type }) => type === "progress");
  assert.equal(seen + progress.length + 1, events.length, "each event is seen by one of the two, and by one only");
  const later = await follow(analytics.watchAnalysis({ run, after: BigInt(seen) }));
  assert.deepEqual(numbersOf(later.events), upTo(events.length, seen + 1));
});

test("a cancelled run ends as cancelled, for whoever follows it", async () => {
  const reached = hops.proxy(PROVIDER).stallAfter(bytesOfRun / 2);
  const stream = analytics.runAnalysis(wanted)[Symbol.asyncIterator]();
  const first = await stream.next();
  const run = first.value?.event?.run ?? assert.fail("no first event");
  await reached;
  const watching = follow(analytics.watchAnalysis({ run, after: 0n }));
  await analytics.cancelAnalysis({ run });
  for (const { events, error } of [await follow({ [Symbol.asyncIterator]: () => stream }), await watching]) {
    assert.ok(error instanceof ConnectError);
    assert.deepEqual([Code[error.code], reasonOf(error)?.reason], ["Canceled", "RUN_CANCELLED"]);
    assert.ok(events.every(({ event }) => event.case !== "result"));
  }
  hops.proxy(PROVIDER).resume();
  await succeedsSoon();
});

test("a connection to a provider that is reset in the middle of a range is taken up where it broke", async () => {
  const proxy = hops.proxy(PROVIDER);
  const before = proxy.received();
  // Shortly before the end of the last and largest range: the salaries, of which each row but a few has four bytes.
  const reset = proxy.resetAfter(bytesOfRun - 50_000);
  await succeeds(analytics.runAnalysis(wanted));
  await reset;
  const twice = proxy.received() - before - bytesOfRun;
  // A message that was cut off comes again, 512 KiB at most, and a connection costs some; the range as a whole does not.
  const whole = ROWS * 0.9 * 4 - 50_000;
  assert.ok(twice < 0.75 * whole, `${twice} bytes came twice, the range is ${whole}`);
});

test("a provider that falls silent for good ends the run naming the party", async () => {
  const reached = hops.proxy(PROVIDER).stallAfter(bytesOfRun / 2);
  const run = follow(analytics.runAnalysis(wanted));
  await reached;
  failsNaming(PROVIDER, await run);
});

test("two runs at the same time both succeed", async () => {
  await Promise.all([succeeds(analytics.runAnalysis(wanted)), succeeds(analytics.runAnalysis(wanted))]);
});
