import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  connectAttested,
  connectMesh,
  createIdentity,
  reasonOf,
  type IdentityError,
  type LifecycleMessage,
} from "#mesh";
import { Attestation } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { createAuthority, SERVER_NAME, targetOf, type Authority } from "./authority.ts";

const program = join(import.meta.dirname, "lifecycle-child.ts");

/** Plays the launcher: certifies what the child asks for, and waits until it is ready. */
const launch = async (t: TestContext, options: { args?: string[]; certifyWith?: Authority } = {}) => {
  const authority = await createAuthority("local CA");
  const child = fork(program, options.args ?? [], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ready = Promise.withResolvers<number>();
  child.on("message", (message: LifecycleMessage) => {
    if (message.type === "ready") ready.resolve(message.port);
    if (message.type !== "certify") return;
    const spki = new Uint8Array(Buffer.from(message.spki, "base64"));
    const answer = async (): Promise<void> => {
      const certificate = await (options.certifyWith ?? authority).certify(spki, SERVER_NAME);
      child.send({ type: "certified", certificate, ca: authority.ca } satisfies LifecycleMessage);
    };
    void answer();
  });
  child.once("exit", (code) => ready.reject(new Error(`exit ${code}: ${errors}`)));
  return { child, authority, ready: ready.promise, errors: () => errors };
};

const exitOf = async (child: ChildProcess): Promise<unknown> => ((await once(child, "exit")) as unknown[])[0];

test("a child gets a certificate for a key that it alone has, and serves with it", async (t) => {
  const { child, authority, ready } = await launch(t);
  const { appraisal } = await connectAttested(targetOf(await ready, authority), async ({ response, spkiSha256 }) => {
    assert.deepEqual(Buffer.from(response.policyDocument), Buffer.from(spkiSha256 ?? []));
    return spkiSha256?.length;
  });
  assert.equal(appraisal, 32);
  const exit = exitOf(child);
  child.send({ type: "stop" } satisfies LifecycleMessage);
  assert.equal(await exit, 0);
});

for (const signal of ["SIGTERM", "SIGINT"] as const)
  test(`a child stops on ${signal} with status 0`, async (t) => {
    const { child, ready } = await launch(t);
    await ready;
    const exit = exitOf(child);
    child.kill(signal);
    assert.equal(await exit, 0);
  });

test("a child does not outlive its launcher", async (t) => {
  const { child, ready, errors } = await launch(t);
  await ready;
  const exit = exitOf(child);
  child.disconnect();
  assert.equal(await exit, 0);
  assert.match(errors(), /"launcher gone"/);
});

test("a child that cannot stop cleanly exits with 1 and says why in one line", async (t) => {
  const { child, ready, errors } = await launch(t, { args: ["--fail"] });
  await ready;
  const exit = exitOf(child);
  child.send({ type: "stop" } satisfies LifecycleMessage);
  assert.equal(await exit, 1);
  const lines = errors().trim().split("\n");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /the ledger could not be closed/);
});

test("a child refuses a certificate that is not from the CA it is given", async (t) => {
  const { ready } = await launch(t, { certifyWith: await createAuthority("local CA") });
  await assert.rejects(ready, /not from the CA that came with it/);
});

test("a client learns that a killed server is gone, in the middle of a call and after", async (t) => {
  const { child, authority, ready } = await launch(t);
  const connection = connectMesh(targetOf(await ready, authority));
  t.after(() => connection.close());
  const client = connection.client(Attestation);
  const call = (nonce: Uint8Array): Promise<unknown> =>
    client.getEvidence({ nonce }).catch((reason: unknown) => reason);
  await client.getEvidence({ nonce: new Uint8Array(32) });
  const unanswered = call(new Uint8Array());
  await setTimeout(50);
  const exit = exitOf(child);
  child.kill("SIGKILL");
  await exit;
  for (const error of [await unanswered, await call(new Uint8Array(32))]) {
    assert.equal(reasonOf(error)?.reason, "PEER_UNREACHABLE");
    assert.equal(reasonOf(error)?.metadata["peer"], "contoso/broker");
  }
});

test("a process without a launcher has nobody to ask for an identity", async () => {
  const alone = { ...process, connected: false } as unknown as NodeJS.Process; // only `connected` is looked at
  await assert.rejects(createIdentity(alone), (error: unknown) => (error as IdentityError).code === "NOT_LAUNCHED");
});
