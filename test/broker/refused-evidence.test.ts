import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { evidenceFor, peerClaims, readerClaims, resultClaims, type PlatformEvidence } from "#platform";
import { forgeReport } from "./forge-report.ts";
import { openAgreement } from "./agreement.ts";
import {
  askWith,
  claimsFor,
  evidenceToAsk,
  openWorkload,
  refusalOf,
  unreadKey,
  type Request,
  type Workload,
} from "./asking.ts";
import { ofKind, type BrokerUnderTest } from "./broker-under-test.ts";
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

const refusedWith = async (evidence: PlatformEvidence) => refusalOf(askWith(broker, evidence, [unreadKey(scene)]));
const asking = (change: Partial<Request> = {}): Promise<PlatformEvidence> =>
  evidenceToAsk(broker, workload, { contract: digest, ...change });
const nonceOf = async (): Promise<Uint8Array> => (await broker.client.createChallenge({})).nonce;

describe("evidence that proves nothing here is refused as unauthenticated, and only counted", () => {
  const over = async (claims: Uint8Array) => evidenceFor(workload.processor, claims);
  const cases: readonly (readonly [string, () => Promise<PlatformEvidence>, reason: string])[] = [
    [
      "made for a reader",
      async () => over(readerClaims({ nonce: await nonceOf(), tlsSpkiSha256: broker.tlsSpkiSha256 })),
      "EVIDENCE_PURPOSE",
    ],
    [
      "made for a peer",
      async () =>
        over(peerClaims({ nonce: await nonceOf(), tlsSpkiSha256: broker.tlsSpkiSha256, audience: "contoso/provider" })),
      "EVIDENCE_PURPOSE",
    ],
    [
      "made for a result",
      () =>
        over(
          resultClaims({
            tlsSpkiSha256: broker.tlsSpkiSha256,
            keys: workload.runKeys,
            contract: digest,
            query: QUERY,
            run: workload.run,
            resultSha256: new Uint8Array(32),
          }),
        ),
      "EVIDENCE_PURPOSE",
    ],
    [
      "made for the other owner's broker",
      () => asking({ audience: `fabrikam/broker:${scene.fabrikam.brokerSigner.keyId}` }),
      "EVIDENCE_AUDIENCE",
    ],
    [
      "made for a broker of this owner with another key",
      () => asking({ audience: `contoso/broker:${scene.fabrikam.brokerSigner.keyId}` }),
      "EVIDENCE_AUDIENCE",
    ],
    ["made for another TLS key", () => asking({ tlsSpkiSha256: randomBytes(32) }), "EVIDENCE_TLS_KEY"],
    ["made for no TLS key", () => asking({ tlsSpkiSha256: null }), "EVIDENCE_TLS_KEY"],
    [
      "whose query was changed after the report was made",
      async () => {
        const evidence = await asking();
        const claims = Buffer.from(evidence.runtimeClaims).toString().replace(`"query":"cities"`, `"query":"salary"`);
        return { ...evidence, runtimeClaims: Buffer.from(claims) };
      },
      "EVIDENCE_REPORT_DATA",
    ],
    [
      "whose key was replaced by another run's",
      async () => {
        const [evidence, other] = [await asking(), await openWorkload(scene)];
        const claims = Buffer.from(evidence.runtimeClaims)
          .toString()
          .replaceAll(workload.runKeys.encryptionJwk.n, other.runKeys.encryptionJwk.n)
          .replaceAll(workload.runKeys.encryptionJwk.kid, other.runKeys.encryptionJwk.kid);
        return { ...evidence, runtimeClaims: Buffer.from(claims) };
      },
      "EVIDENCE_REPORT_DATA",
    ],
    [
      "whose report says the contract's host data but was not signed so",
      async () => {
        const other = await openWorkload(scene, { policyDocument: Buffer.from("another policy") });
        const evidence = await evidenceToAsk(broker, other, { contract: digest });
        return { ...evidence, report: forgeReport(evidence.report, { hostData: measured.hostData }) };
      },
      "EVIDENCE_SIGNATURE",
    ],
    [
      "without the root's certificate",
      async () => {
        const evidence = await asking();
        return { ...evidence, certificates: evidence.certificates.slice(0, 2) };
      },
      "EVIDENCE_CHAIN_INCOMPLETE",
    ],
  ];

  for (const [what, make, wantedReason] of cases) {
    test(what, async () => {
      const before = await broker.ledger();
      const { status, reason, denial } = await refusedWith(await make());
      assert.deepEqual([status, reason, denial], ["Unauthenticated", wantedReason, undefined]);
      assert.equal((await broker.ledger()).length, before.length, "nothing is recorded at once");
    });
  }

  test("none at all", async () => {
    const { status, reason } = await refusalOf(broker.client.releaseKeys({ keys: [] }));
    assert.deepEqual([status, reason], ["Unauthenticated", "EVIDENCE_MISSING"]);
  });

  test("over a connection without a certificate, whatever it is", async () => {
    const { status, reason } = await refusalOf(broker.stranger.releaseKeys({ keys: [] }));
    assert.deepEqual([status, reason], ["Unauthenticated", "EVIDENCE_TLS_KEY"]);
  });

  test("with one signed entry per code and minute, whatever the number", async () => {
    await broker.flush();
    const before = (await broker.ledger()).length;
    const forReader = await evidenceFor(
      workload.processor,
      readerClaims({ nonce: await nonceOf(), tlsSpkiSha256: broker.tlsSpkiSha256 }),
    );
    const forOther = await asking({ audience: "fabrikam/broker:ed25519:none" });
    for (const evidence of [forReader, forReader, forOther, forReader]) await refusedWith(evidence);
    assert.equal((await broker.ledger()).length, before);
    await broker.flush();
    const counted = ofKind("refusals", (await broker.ledger()).slice(before));
    assert.deepEqual(
      counted.map(({ reason, count }) => ({ reason, count })),
      [
        { reason: "EVIDENCE_PURPOSE", count: 3 },
        { reason: "EVIDENCE_AUDIENCE", count: 1 },
      ],
    );
    for (const { minute } of counted) assert.match(minute, /:00Z$/);
  });
});

describe("what is no evidence at all is malformed, and is not even counted", () => {
  const cases: readonly (readonly [string, (evidence: PlatformEvidence) => PlatformEvidence, reason: string])[] = [
    ["a report cut short", (good) => ({ ...good, report: good.report.subarray(1) }), "REPORT_MALFORMED"],
    ["no report", (good) => ({ ...good, report: new Uint8Array() }), "REPORT_MALFORMED"],
    [
      "nine certificates",
      (good) => ({ ...good, certificates: Array.from({ length: 9 }, () => new Uint8Array(1)) }),
      "CERTIFICATE_MALFORMED",
    ],
  ];
  for (const [what, change, wantedReason] of cases) {
    test(what, async () => {
      await broker.flush();
      const before = (await broker.ledger()).length;
      const { status, reason } = await refusedWith(change(await asking()));
      assert.deepEqual([status, reason], ["InvalidArgument", wantedReason]);
      await broker.flush();
      assert.equal((await broker.ledger()).length, before);
    });
  }
});

describe("genuine evidence that is not fresh is refused, with a signed denial in the log", () => {
  const refusedFor = async (evidence: PlatformEvidence, wantedReason: string) => {
    const before = await broker.ledger();
    const { status, reason } = await refusedWith(evidence);
    assert.deepEqual([status, reason], ["FailedPrecondition", wantedReason]);
    const [denial, ...more] = ofKind("denial", (await broker.ledger()).slice(before.length));
    assert.deepEqual(more, []);
    assert.deepEqual([denial?.reason, denial?.contract, denial?.clauses], [wantedReason, digest, []]);
  };

  test("with a nonce that was never handed out", async () => {
    await refusedFor(await asking({ nonce: randomBytes(32) }), "NONCE_UNKNOWN");
  });

  test("with a nonce that is spent, even by a request that was refused", async () => {
    const evidence = await asking();
    const first = await refusedWith(evidence);
    assert.equal(first.reason, "KEY_REQUEST_MALFORMED");
    await refusedFor(evidence, "NONCE_UNKNOWN");
  });

  test("with a nonce that is older than two minutes; one that is not is still good", async (t) => {
    t.after(() => (broker.ahead = 0));
    const [late, inTime] = [await asking(), await asking()];
    broker.ahead = 119_000;
    assert.equal((await refusedWith(inTime)).reason, "KEY_REQUEST_MALFORMED");
    broker.ahead = 125_000;
    await refusedFor(late, "NONCE_STALE");
  });

  test("and the denial goes with the answer", async () => {
    const { denial } = await refusedWith(await asking({ nonce: randomBytes(32) }));
    assert.ok(denial !== undefined, "broker.proto: Denial goes with PERMISSION_DENIED and FAILED_PRECONDITION");
  });
});

test("one nonce is good for one request, even with another report over the same claims", async () => {
  const claims = await claimsFor(broker, workload, { contract: digest });
  const [one, two] = [await evidenceFor(workload.processor, claims), await evidenceFor(workload.processor, claims)];
  assert.equal((await refusedWith(one)).reason, "KEY_REQUEST_MALFORMED");
  assert.equal((await refusedWith(two)).reason, "NONCE_UNKNOWN", "one nonce, one request");
});
