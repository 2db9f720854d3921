import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { toEvidenceMessage } from "#mesh";
import { evidenceFor, readerClaims, type PlatformEvidence } from "#platform";
import { openAgreement } from "./agreement.ts";
import { askWith, evidenceToAsk, obtain, openWorkload, refusalOf, wrappedKeys, type Workload } from "./asking.ts";
import type { BrokerUnderTest } from "./broker-under-test.ts";
import type { Scene } from "./scene.ts";
import { measured, QUERY } from "./small-contract.ts";

let scene: Scene;
let broker: BrokerUnderTest;
let workload: Workload;
let digest: string;
let close: () => Promise<void>;

before(async () => {
  ({ scene, broker, workload, digest, close } = await openAgreement());
});
after(async () => close());

const explain = (evidence: PlatformEvidence, query = QUERY) =>
  broker.stranger.explainRelease({ evidence: toEvidenceMessage(evidence), contract: digest, query });

test("explaining says that every clause is met, and what it did not judge", async () => {
  const { policyMet, clauses, notJudged } = await explain(await evidenceToAsk(broker, workload, { contract: digest }));
  assert.equal(policyMet, true);
  assert.ok(clauses.length >= 7 && clauses.every(({ met }) => met));
  assert.match(notJudged.join("\n"), /nonce[^]*tlsSpkiSha256/);
});

test("explaining takes evidence of a reader, and says which clauses a release would not meet", async () => {
  const other = await openWorkload(scene, { policyDocument: Buffer.from("another policy") });
  const claims = readerClaims({ nonce: new Uint8Array(32), tlsSpkiSha256: null });
  const { policyMet, clauses } = await explain(await evidenceFor(other.processor, claims));
  assert.equal(policyMet, false);
  const failed = clauses.filter(({ met }) => !met);
  assert.deepEqual(
    failed.map(({ claim, expected }) => [claim, expected]),
    [["x-ms-sevsnpvm-hostdata", measured.hostData]],
  );
});

test("explaining changes nothing: no entry in the log, and the nonce is still good for its release", async () => {
  const keys = await wrappedKeys(scene, obtain(broker, scene, workload, digest));
  const city = keys.get("city") ?? assert.fail("no key");
  const before = readFileSync(broker.ledgerFile);
  const evidence = await evidenceToAsk(broker, workload, { contract: digest });
  const other = await openWorkload(scene, { policyDocument: Buffer.from("another policy") });
  await explain(evidence);
  await explain(await evidenceToAsk(broker, other, { contract: digest }));
  await refusalOf(explain({ ...evidence, certificates: [] }));
  await refusalOf(explain(evidence, "no-such-query"));
  await broker.flush();
  assert.deepEqual(readFileSync(broker.ledgerFile), before);
  assert.notEqual((await askWith(broker, evidence, [city])).keyRelease, "");
});

test("explaining refuses claims that the report was not made over, as a release does", async () => {
  const evidence = await evidenceToAsk(broker, workload, { contract: digest });
  const other = await evidenceToAsk(broker, workload, { contract: digest });
  const { status, reason } = await refusalOf(explain({ ...evidence, runtimeClaims: other.runtimeClaims }));
  assert.deepEqual([status, reason], ["Unauthenticated", "EVIDENCE_REPORT_DATA"]);
});
