// A broker that wants revocation checked: with the list that the evidence carries, and never without one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Agreement } from "./agreement.ts";
import { askWith, evidenceToAsk, openWorkload, refusalOf, unreadKey, type Workload } from "./asking.ts";
import { openBroker, type BrokerUnderTest } from "./broker-under-test.ts";
import { openScene, type Scene } from "./scene.ts";
import { activate, contractOf } from "./small-contract.ts";

let scene: Scene;
let broker: BrokerUnderTest;
let workload: Workload;
let contract: Agreement["digest"];

before(async () => {
  scene = await openScene();
  broker = await openBroker(scene, { revocation: { crls: [], absent: "refused", stale: "refused" } });
  workload = await openWorkload(scene);
  contract = await activate(broker, scene, contractOf(scene, "analysis"));
});
after(async () => {
  await broker.close();
  scene.close();
});

const reasonWith = async (crls: readonly Uint8Array[] | undefined) => {
  const { crls: _, ...evidence } = await evidenceToAsk(broker, workload, { contract });
  const asked = crls === undefined ? evidence : { ...evidence, crls };
  return (await refusalOf(askWith(broker, asked, [unreadKey(scene)]))).reason;
};

test("evidence with a current list gets as far as its keys, evidence without one proves nothing", async () => {
  const withList = await reasonWith([scene.pki.crl()]);
  assert.ok(!withList?.startsWith("EVIDENCE_"), withList);
  assert.equal(await reasonWith(undefined), "EVIDENCE_CRL_MISSING");
  assert.equal(await reasonWith([]), "EVIDENCE_CRL_MISSING");
});

test("a list that is none is the sender's mistake", async () => {
  assert.equal(await reasonWith([Uint8Array.of(0x30, 0)]), "CRL_MALFORMED");
});

test("once the root has revoked its intermediate, nothing under that is genuine any more", async () => {
  const before = scene.pki.crl();
  scene.pki.revoke("vcek");
  assert.equal(await reasonWith([scene.pki.crl()]), "EVIDENCE_CERTIFICATE_REVOKED");
  assert.equal(await reasonWith([before, scene.pki.crl()]), "EVIDENCE_CERTIFICATE_REVOKED");
});
