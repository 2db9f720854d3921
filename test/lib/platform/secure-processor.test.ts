// The workload's end of the channel against hosts that do not behave. The reports are well formed and unsigned: this end compares
// REPORT_DATA, it does not verify.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { afterEach, describe, test } from "node:test";
import {
  encodeFrame,
  MAX_ANSWER_SIZE,
  MAX_REQUEST_SIZE,
  openSecureProcessor,
  PlatformError,
  readFrames,
} from "#platform";
import { unsignedReport } from "./unsigned-report.ts";

interface Request {
  readonly id: number;
  readonly reportData: string;
}
type Host = (request: Request, channel: Duplex) => void;

const [one, two] = ["11".repeat(64), "22".repeat(64)];
let child: ChildProcess | undefined;
afterEach(() => child?.kill());

const answerTo = ({ id, reportData }: Request) => ({
  id,
  report: unsignedReport(Buffer.from(reportData, "base64")).toString("base64"),
  certificates: ["AA==", "AA==", "AA=="],
  policyDocument: "e30=",
  measurementDocument: "e30=",
});

const answering =
  (change: object): Host =>
  (request, channel) =>
    channel.write(encodeFrame({ ...answerTo(request), ...change }));
const honest = answering({});

const ask = async (host: Host, ...asked: readonly string[]): Promise<unknown> => {
  child = spawn(process.execPath, [join(import.meta.dirname, "asks.ts")], {
    stdio: ["ignore", "inherit", "inherit", "pipe", "ipc"],
  });
  const channel = child.stdio[3];
  assert.ok(channel instanceof Duplex);
  channel.on("error", () => undefined);
  void (async () => {
    for await (const request of readFrames(channel, MAX_REQUEST_SIZE)) host(request as Request, channel);
  })().catch(() => undefined);
  child.send(asked);
  const [outcome] = await once(child, "message");
  return outcome;
};

describe("the workload's end of the channel", () => {
  test("gets the report it asked for", async () => {
    assert.deepEqual(await ask(honest, one), [one]);
  });

  test("gets the revocation lists that the host adds", async () => {
    assert.deepEqual(await ask(answering({ crls: ["AA==", "AQ=="] }), one), [`${one} with 2 CRLs`]);
  });

  test("matches answers to questions by id, in whatever order and pieces they come", async () => {
    const held: Request[] = [];
    const outcome = await ask(
      (request, channel) => {
        held.push(request);
        if (held.length < 3) return;
        const bytes = Buffer.concat(held.toReversed().map((waiting) => encodeFrame(answerTo(waiting))));
        for (let at = 0; at < bytes.length; at += 100) channel.write(bytes.subarray(at, at + 100));
      },
      one,
      two,
      one,
    );
    assert.deepEqual(outcome, [one, two, one]);
  });

  test("refuses a report over something else", async () => {
    const report = unsignedReport(Buffer.from(two, "hex")).toString("base64");
    assert.deepEqual(await ask(answering({ report }), one), ["REPORT_MISMATCH"]);
  });

  for (const [what, change] of Object.entries({
    "a report that is none": { report: "AAAA" },
    "an answer without a report": { report: undefined },
    "two certificates": { certificates: ["AA==", "AA=="] },
    "certificates that are no text": { certificates: [1, 2, 3] },
    "no policy document": { policyDocument: undefined },
    "revocation lists that are no list": { crls: "AA==" },
    "a revocation list that is no text": { crls: [1] },
  })) {
    test(`refuses ${what}`, async () => {
      assert.deepEqual(await ask(answering(change), one), ["REPORT_MISMATCH"]);
    });
  }

  test("reports a host that refuses, is silent, closes or sends something else as unavailable", async () => {
    const hosts: readonly Host[] = [
      ({ id }, channel) => channel.write(encodeFrame({ id, error: "BUSY" })),
      () => undefined,
      (_, channel) => channel.destroy(),
      (_, channel) => channel.end(),
      (_, channel) => channel.write("garbage, which announces far too many bytes"),
      (_, channel) => channel.write(encodeFrame({ answer: 1 })),
      (_, channel) => {
        const header = Buffer.alloc(4);
        header.writeUInt32BE(MAX_ANSWER_SIZE + 1);
        channel.write(header);
      },
    ];
    for (const host of hosts) {
      assert.deepEqual(await ask(host, one, two), ["REPORT_UNAVAILABLE", "REPORT_UNAVAILABLE"], String(host));
      child?.kill();
    }
  });

  test("ignores the late answer to a question that was given up", async () => {
    let first = true;
    const host: Host = (request, channel) => {
      if (first) setTimeout(() => channel.write(encodeFrame(answerTo(request))), 400);
      else channel.write(encodeFrame(answerTo(request)));
      first = false;
    };
    assert.deepEqual(await ask(host, one), ["REPORT_UNAVAILABLE"]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    child?.send([two]);
    assert.ok(child);
    assert.deepEqual(await once(child, "message"), [[two], undefined]);
  });

  test("asks for exactly 64 bytes", async () => {
    assert.deepEqual(await ask(honest, "", "11".repeat(63), "11".repeat(65), one), [
      "REPORT_DATA_INVALID",
      "REPORT_DATA_INVALID",
      "REPORT_DATA_INVALID",
      one,
    ]);
  });
});

test("a process without the channel has no reports", async () => {
  const processor = openSecureProcessor({ kind: "simulated", fd: 9_999 });
  await assert.rejects(
    processor.report(new Uint8Array(64)),
    (error) => error instanceof PlatformError && error.code === "REPORT_UNAVAILABLE",
  );
});
