import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { ContractState } from "#gen/sealmesh/contract/v1alpha1/contract_pb.ts";
import { createChallenges } from "../../services/broker/challenges.ts";
import {
  askWith,
  evidenceToAsk,
  obtain,
  openWorkload,
  refusalOf,
  unreadKey,
  wrappedKeys,
  type Workload,
} from "./asking.ts";
import { openBroker, type BrokerUnderTest } from "./broker-under-test.ts";
import { openScene, type Scene } from "./scene.ts";
import { activate, contractOf } from "./small-contract.ts";

let scene: Scene;
let workload: Workload;
let broker: BrokerUnderTest;

const restart = async (): Promise<void> => {
  await broker.close();
  broker = await openBroker(scene);
};

before(async () => {
  scene = await openScene();
  workload = await openWorkload(scene);
  broker = await openBroker(scene);
});
after(async () => {
  await broker.close();
  scene.close();
});

describe("a broker that starts again in its folder", () => {
  let digest: string;
  before(async () => {
    digest = await activate(broker, scene, contractOf(scene, "kept", { version: 7 }));
  });

  test("knows its contracts and releases under them", async () => {
    await restart();
    const { contract } = await broker.stranger.getContract({ contract: digest });
    assert.equal(contract?.state, ContractState.ACTIVE);
    const keys = await wrappedKeys(scene, obtain(broker, scene, workload, digest));
    assert.equal(keys.size, 4);
  });

  test("knows the highest version that it ever saw", async () => {
    await restart();
    const { reason } = await refusalOf(activate(broker, scene, contractOf(scene, "kept", { version: 6 })));
    assert.equal(reason, "CONTRACT_VERSION_OLD");
  });

  test("has its log, and goes on in it", async () => {
    const before = await broker.ledger();
    assert.ok(before.length > 1);
    await restart();
    assert.deepEqual(await broker.ledger(), before);
    await activate(broker, scene, contractOf(scene, "more"));
    assert.deepEqual((await broker.ledger()).slice(0, -1), before);
  });

  test("has forgotten every nonce", async () => {
    const evidence = await evidenceToAsk(broker, workload, { contract: digest });
    await restart();
    const { status, reason } = await refusalOf(askWith(broker, evidence, [unreadKey(scene)]));
    assert.deepEqual([status, reason], ["FailedPrecondition", "NONCE_UNKNOWN"]);
  });

  test("removes a last line of its log that was cut off, and nothing else", async () => {
    const before = await broker.ledger();
    const whole = readFileSync(broker.ledgerFile, "utf8");
    await broker.close();
    appendFileSync(broker.ledgerFile, whole.slice(0, whole.indexOf("\n") - 10));
    broker = await openBroker(scene);
    assert.equal(readFileSync(broker.ledgerFile, "utf8"), whole);
    assert.deepEqual(await broker.ledger(), before);
    await activate(broker, scene, contractOf(scene, "after-the-cut"));
    await restart();
    assert.equal((await broker.ledger()).length, before.length + 1);
  });
});

test("of more than 10,000 open challenges the oldest are forgotten, and the others are good", () => {
  const challenges = createChallenges(Date.now);
  const nonces = Array.from({ length: 10_003 }, () => challenges.create().nonce);
  for (const nonce of nonces.slice(0, 3)) assert.throws(() => challenges.spend(nonce), { code: "NONCE_UNKNOWN" });
  for (const nonce of nonces.slice(3)) challenges.spend(nonce);
});
