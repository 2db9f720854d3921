import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { after, before, test } from "node:test";
import { parseReport } from "#attestation";
import { encodeFrame, MAX_ANSWER_SIZE, MAX_REQUEST_SIZE, PlatformError, readFrames } from "#platform";
import { serveChannel } from "../../../services/launcher/host/channel.ts";
import { createGuest, type Guest } from "../../../services/launcher/host/guest.ts";
import { openSimulatedPki } from "../../../services/launcher/host/simulated-pki.ts";

const scratch = mkdtempSync(join(tmpdir(), "sealmesh-channel-"));
const encode = (text: string) => new TextEncoder().encode(text);
const zeros = Buffer.alloc(64).toString("base64");
let guest: Guest;
before(async () => {
  const pki = await openSimulatedPki(join(scratch, "pki"));
  guest = createGuest(pki, { policyDocument: encode("{}"), measurementDocument: encode('{"v":1}') });
});
after(() => rmSync(scratch, { recursive: true }));

/** What the host sends; the tests look at what they expect. */
interface Answer {
  readonly id: number;
  readonly report: string;
  readonly certificates: readonly string[];
  readonly policyDocument: string;
  readonly measurementDocument: string;
}

interface Session {
  readonly workload: Duplex;
  readonly ended: Promise<Error | undefined>;
  readonly answer: () => Promise<Answer | undefined>;
}

const open = (): Session => {
  const [host, workload] = duplexPair();
  const frames = readFrames(workload, MAX_ANSWER_SIZE);
  const ended = serveChannel(host, guest);
  return { workload, ended, answer: async () => (await frames.next()).value as Answer | undefined };
};

const reportDataOf = (answer: Answer | undefined) =>
  Buffer.from(parseReport(new Uint8Array(Buffer.from(answer?.report ?? "", "base64"))).reportData);
const textOf = (base64 = "") => Buffer.from(base64, "base64").toString();

test("answers a request with a report, its chain and both documents", async () => {
  const { workload, answer, ended } = open();
  const reportData = Buffer.alloc(64, 5);
  workload.write(encodeFrame({ id: 7, reportData: reportData.toString("base64") }));
  const got = await answer();
  assert.equal(got?.id, 7);
  assert.deepEqual(reportDataOf(got), reportData);
  assert.equal(got?.certificates.length, 3);
  assert.equal(textOf(got.policyDocument), "{}");
  assert.equal(textOf(got.measurementDocument), '{"v":1}');
  workload.end();
  assert.equal(await answer(), undefined);
  assert.equal(await ended, undefined);
});

test("answers many requests in flight, however the bytes are cut", async () => {
  const { workload, answer } = open();
  const requests = Array.from({ length: 20 }, (_, index) => ({
    id: index + 1,
    reportData: Buffer.alloc(64, index).toString("base64"),
  }));
  const bytes = Buffer.concat(requests.map(encodeFrame));
  for (let at = 0; at < bytes.length; at += 7) workload.write(bytes.subarray(at, at + 7));
  for (const [index] of requests.entries()) {
    const got = await answer();
    assert.equal(got?.id, index + 1);
    assert.equal(reportDataOf(got)[0], index);
  }
  workload.destroy();
});

test("refuses a request that is not one, and goes on", async () => {
  const { workload, answer } = open();
  const malformed = [
    {},
    { reportData: 5 },
    { reportData: "" },
    { reportData: Buffer.alloc(63).toString("base64") },
    { reportData: Buffer.alloc(65).toString("base64") },
    { reportData: `${zeros.slice(0, -4)}!!!!` },
    { reportData: zeros, hostData: "ff" },
    { reportData: [zeros] },
  ];
  for (const [index, request] of malformed.entries()) {
    workload.write(encodeFrame({ id: index + 1, ...request }));
    assert.deepEqual(await answer(), { id: index + 1, error: "REQUEST_MALFORMED" }, JSON.stringify(request));
  }
  workload.write(encodeFrame({ id: 99, reportData: zeros }));
  assert.equal((await answer())?.id, 99);
  workload.destroy();
});

const frameOf = (length: number, bytes: Uint8Array): Buffer => {
  const frame = Buffer.alloc(4 + bytes.length);
  frame.writeUInt32BE(length);
  frame.set(bytes, 4);
  return frame;
};

const fatal: Readonly<Record<string, Buffer>> = {
  "a request without an id": encodeFrame({ reportData: zeros }),
  "an id that is no number": encodeFrame({ id: "1", reportData: zeros }),
  "JSON that is no object": encodeFrame([1]),
  null: encodeFrame(null),
  "text that is no JSON": frameOf(3, encode("{{{")),
  "bytes that are no UTF-8": frameOf(3, Uint8Array.from([0x22, 0xff, 0x22])),
  "an empty frame": frameOf(0, new Uint8Array()),
  "a length above the limit": frameOf(MAX_REQUEST_SIZE + 1, new Uint8Array()),
  "the greatest length": frameOf(0xffff_ffff, new Uint8Array()),
};
for (const [what, bytes] of Object.entries(fatal)) {
  test(`ends the channel on ${what}`, async () => {
    const { workload, ended } = open();
    workload.on("error", () => undefined);
    const closed = once(workload, "close");
    workload.write(bytes);
    assert.ok((await ended) instanceof Error);
    workload.destroy();
    await closed;
  });
}

test("says that a channel ended inside a frame", async () => {
  const { workload, ended } = open();
  workload.end(frameOf(10, encode("12345")));
  const error = await ended;
  assert.ok(error instanceof PlatformError && error.code === "FRAME_INVALID");
});
