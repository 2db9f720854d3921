import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { certificatesFrom } from "#attestation";
import type { PlatformEvidence } from "#platform";
import { askWith, evidenceToAsk, openWorkload, refusalOf, unreadKey, type Workload } from "./asking.ts";
import { ofKind, openBroker, type BrokerUnderTest } from "./broker-under-test.ts";
import { openScene, type Scene } from "./scene.ts";
import { activate, contractOf, milan } from "./small-contract.ts";

const vector = new URL("../../../shared/vectors/sev-snp/milan-v3-vcek-azure-caci-01/", import.meta.url);
const skip = existsSync(vector) ? false : "skipped: ../shared/vectors absent";

let scene: Scene;
let workload: Workload;
let simulated: BrokerUnderTest;
let production: BrokerUnderTest;

let onMilan: ReturnType<typeof contractOf>;

before(async () => {
  scene = await openScene();
  workload = await openWorkload(scene);
  const folder = join(scene.root, "production");
  mkdirSync(folder);
  simulated = await openBroker(scene);
  production = await openBroker(scene, { roots: { kind: "amd" }, folder });
  // Made once: its validity begins when it is made, and another one of the same version would be refused.
  onMilan = contractOf(scene, "on-milan", { workload: milan, simulatedRoot: undefined });
});
after(async () => {
  await simulated.close();
  await production.close();
  scene.close();
});

const ask = async (broker: BrokerUnderTest, evidence: PlatformEvidence) =>
  refusalOf(askWith(broker, evidence, [unreadKey(scene)]));

/** What AMD's secure processor really signed, with claims that it was not made over. */
const realEvidence = async (broker: BrokerUnderTest, contract: string): Promise<PlatformEvidence> => {
  const evidence = await evidenceToAsk(broker, workload, { contract });
  const read = (name: string) => readFileSync(new URL(name, vector));
  const certificates = ["vcek.pem", "ask.pem", "ark.pem"].flatMap((name) => certificatesFrom(read(name)));
  return { ...evidence, report: read("report.bin"), certificates };
};

test("a production broker refuses a contract for a simulated root", async () => {
  const { status, reason, metadata } = await refusalOf(activate(production, scene, contractOf(scene, "simulated")));
  assert.deepEqual([status, reason, metadata["want"]], ["FailedPrecondition", "CONTRACT_HARDWARE_MISMATCH", "amd"]);
});

test("a production broker takes a contract for AMD's hardware, and a simulated one does not", async () => {
  await activate(production, scene, onMilan);
  const { reason } = await refusalOf(activate(simulated, scene, onMilan));
  assert.equal(reason, "CONTRACT_HARDWARE_MISMATCH");
});

test("a production broker refuses simulated evidence at its root, and counts it", async () => {
  const contract = await activate(production, scene, onMilan);
  const { status, reason } = await ask(production, await evidenceToAsk(production, workload, { contract }));
  assert.deepEqual([status, reason], ["Unauthenticated", "EVIDENCE_ROOT_UNTRUSTED"]);
  await production.flush();
  const counted = ofKind("refusals", await production.ledger());
  assert.ok(counted.some((entry) => entry.reason === "EVIDENCE_ROOT_UNTRUSTED"));
});

test("a simulated broker refuses real evidence at its root", { skip }, async () => {
  const contract = await activate(simulated, scene, contractOf(scene, "simulated"));
  const { status, reason } = await ask(simulated, await realEvidence(simulated, contract));
  assert.deepEqual([status, reason], ["Unauthenticated", "EVIDENCE_ROOT_UNTRUSTED"]);
});

test("a production broker finds the same evidence genuine, and refuses it for its claims", { skip }, async () => {
  const contract = await activate(production, scene, onMilan);
  const { reason } = await ask(production, await realEvidence(production, contract));
  assert.equal(reason, "EVIDENCE_REPORT_DATA");
});
