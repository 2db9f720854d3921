import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { contractDigest, contractPayload } from "#contract";
import type { PlatformEvidence } from "#platform";
import { ed25519KeyOf, verifyEnvelope } from "#sealing";
import { openAgreement } from "./agreement.ts";
import { askWith, evidenceToAsk, openWorkload, refusalOf, unreadKey, type Request, type Workload } from "./asking.ts";
import { ofKind, type BrokerUnderTest } from "./broker-under-test.ts";
import type { Scene } from "./scene.ts";
import { activate, contractOf, measured, QUERY } from "./small-contract.ts";

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

describe("a genuine workload that the contract does not want is refused with every clause", () => {
  const policyDocument = Buffer.from("another policy");
  const measurementDocument = Buffer.from("another runtime");
  const hostData = {
    claim: "x-ms-sevsnpvm-hostdata",
    description: `equals ${measured.hostData}, seen ${createHash("sha256").update(policyDocument).digest("hex")}`,
  };
  const measurement = {
    claim: "x-ms-sevsnpvm-launchmeasurement",
    description: `equals ${measured.measurement}, seen ${createHash("sha384").update(measurementDocument).digest("hex")}`,
  };
  const cases = [
    ["other host data", { policyDocument }, [hostData]],
    ["another measurement", { measurementDocument }, [measurement]],
    ["both", { policyDocument, measurementDocument }, [hostData, measurement]],
  ] as const;

  for (const [what, changed, clauses] of cases) {
    test(`${what}: expected and seen, in the answer, in its signed denial and in the log`, async () => {
      const other = await openWorkload(scene, changed);
      const evidence = await evidenceToAsk(broker, other, { contract: digest });
      const { status, reason, violations, denial } = await refusedWith(evidence);
      assert.deepEqual([status, reason], ["PermissionDenied", "POLICY_REFUSED"]);
      assert.deepEqual(violations, clauses);

      assert.ok(denial !== undefined);
      const { keyId } = scene.contoso.brokerSigner;
      const keys = new Map([[keyId, ed25519KeyOf(keyId)]]);
      await verifyEnvelope(denial, { payloadType: denial.payloadType, keys, threshold: "all" });
      assert.deepEqual((await broker.ledger()).at(-1), denial);
      const [entry] = ofKind("denial", [denial]);
      assert.deepEqual([entry?.contract, entry?.query, entry?.run], [digest, QUERY, other.run]);
      const failed = entry?.clauses.filter(({ met }) => !met) ?? [];
      assert.deepEqual(
        failed.map(({ claim, operator, expected, seen }) => ({
          claim,
          description: `${operator} ${expected}, seen ${seen}`,
        })),
        clauses,
      );
      assert.ok((entry?.clauses.length ?? 0) > failed.length, "what is met is said too");
    });
  }

  const floors = [
    ["snp", { boot_loader: 4, tee: 0, snp: 25, microcode: 219 }, ["tcb.reported.snp equals at least 25, seen 24"]],
    [
      "bootLoader and microcode",
      { boot_loader: 5, tee: 0, snp: 24, microcode: 220 },
      ["tcb.reported.bootLoader equals at least 5, seen 4", "tcb.reported.microcode equals at least 220, seen 219"],
    ],
  ] as const;
  for (const [what, floor, want] of floors) {
    test(`a TCB whose ${what} is below the floor`, async () => {
      const name = `floor-${what.replaceAll(" ", "-").toLowerCase()}`;
      const contract = contractOf(scene, name, { workload: { minimum_tcb: { "19-01": floor } } });
      const withFloor = await activate(broker, scene, contract);
      const { status, reason, violations, denial } = await refusedWith(await asking({ contract: withFloor }));
      assert.deepEqual([status, reason], ["PermissionDenied", "POLICY_REFUSED"]);
      const reported = violations.filter(({ claim }) => claim.startsWith("tcb.reported."));
      assert.deepEqual(
        reported.map(({ claim, description }) => `${claim} ${description}`),
        want,
      );
      assert.ok(denial !== undefined);
    });
  }

  test("a CPU model without a floor", async () => {
    const floor = { boot_loader: 0, tee: 0, snp: 0, microcode: 0 };
    const contract = contractOf(scene, "other-model", { workload: { minimum_tcb: { "19-11": floor } } });
    const { reason, violations } = await refusedWith(
      await asking({ contract: await activate(broker, scene, contract) }),
    );
    assert.equal(reason, "POLICY_REFUSED");
    assert.equal(violations.length, 1);
  });
});

describe("a contract or query that is not in force is refused", () => {
  test("unknown", async () => {
    const contract = await contractDigest(contractPayload(contractOf(scene, "never-brought")));
    const { status, reason } = await refusedWith(await asking({ contract }));
    assert.deepEqual([status, reason], ["NotFound", "CONTRACT_UNKNOWN"]);
  });

  test("a query that the contract does not have", async () => {
    const { status, reason } = await refusedWith(await asking({ query: "salaries" }));
    assert.deepEqual([status, reason], ["NotFound", "QUERY_UNKNOWN"]);
    assert.equal(ofKind("denial", await broker.ledger()).at(-1)?.reason, "QUERY_UNKNOWN");
  });

  test("expired", async (t) => {
    t.after(() => (broker.ahead = 0));
    const contract = await activate(broker, scene, contractOf(scene, "short", { until: 1 }));
    broker.ahead = 3_600_000;
    const { status, reason } = await refusedWith(await asking({ contract }));
    assert.deepEqual([status, reason], ["FailedPrecondition", "CONTRACT_EXPIRED"]);
    assert.equal(ofKind("denial", await broker.ledger()).at(-1)?.reason, "CONTRACT_EXPIRED");
  });

  test("not yet valid", async () => {
    const contract = await activate(broker, scene, contractOf(scene, "later", { from: 1 }));
    const { status, reason } = await refusedWith(await asking({ contract }));
    assert.deepEqual([status, reason], ["FailedPrecondition", "CONTRACT_NOT_YET_VALID"]);
  });

  test("retired by a higher version, which is in force", async () => {
    const first = await activate(broker, scene, contractOf(scene, "twice"));
    const second = await activate(broker, scene, contractOf(scene, "twice", { version: 2 }));
    const { status, reason } = await refusedWith(await asking({ contract: first }));
    assert.deepEqual([status, reason], ["FailedPrecondition", "CONTRACT_RETIRED"]);
    assert.equal((await refusedWith(await asking({ contract: second }))).reason, "KEY_REQUEST_MALFORMED");
  });
});
