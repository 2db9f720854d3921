import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { contractDigest, contractPayload, signRevocation, type Contract } from "#contract";
import { ContractState } from "#gen/sealmesh/contract/v1alpha1/contract_pb.ts";
import { toStatementMessage } from "#mesh";
import type { Signer } from "#sealing-node";
import { askWith, evidenceToAsk, openWorkload, refusalOf, unreadKey, type Workload } from "./asking.ts";
import { ofKind, openBroker, type BrokerUnderTest } from "./broker-under-test.ts";
import { openScene, type Scene } from "./scene.ts";
import { activate, contractOf, milan, signedBy } from "./small-contract.ts";

let scene: Scene;
let broker: BrokerUnderTest;
let workload: Workload;

before(async () => {
  scene = await openScene();
  broker = await openBroker(scene);
  workload = await openWorkload(scene);
});
after(async () => {
  await broker.close();
  scene.close();
});

const bring = async (contract: Contract, signers: readonly [Signer, ...Signer[]]) =>
  broker.stranger.activateContract({ contract: toStatementMessage(await signedBy(contract, signers)) });
const both = (): readonly [Signer, Signer] => [scene.contoso.signer, scene.fabrikam.signer];
/** How a contract that both owners signed is refused; nothing of it is kept. */
const refused = async (contract: Contract, signers = both()) => {
  const before = await broker.ledger();
  const refusal = await refusalOf(bring(contract, signers));
  assert.equal((await broker.ledger()).length, before.length);
  const reference = await contractDigest(contractPayload(contract));
  assert.equal((await refusalOf(broker.stranger.getContract({ contract: reference }))).reason, "CONTRACT_UNKNOWN");
  return refusal;
};

describe("a contract that all owners signed", () => {
  test("comes into force, is in the log once, and is the same when it is brought again", async () => {
    const before = await broker.ledger();
    const contract = contractOf(scene, "good");
    const digest = await activate(broker, scene, contract);
    const again = await bring(contract, both());
    assert.equal(again.contract?.state, ContractState.ACTIVE);
    const entries = ofKind("activation", (await broker.ledger()).slice(before.length));
    assert.deepEqual(
      entries.map(({ contract: of, name, version, state }) => ({ of, name, version, state })),
      [{ of: digest, name: "good", version: 1, state: "ACTIVE" }],
    );
  });

  test("retires the version before; the name means the newest", async () => {
    const first = await activate(broker, scene, contractOf(scene, "versions"));
    const third = await activate(broker, scene, contractOf(scene, "versions", { version: 3 }));
    const stateOf = async (contract: string) => (await broker.stranger.getContract({ contract })).contract;
    assert.equal((await stateOf(first))?.state, ContractState.RETIRED);
    assert.equal((await stateOf(third))?.state, ContractState.ACTIVE);
    assert.equal((await stateOf("versions"))?.version, 3);
  });
});

describe("a contract is refused", () => {
  test("without the other owner's signature, who is named", async () => {
    const { status, reason, metadata } = await refused(contractOf(scene, "one"), [
      scene.contoso.signer,
      scene.contoso.signer,
    ]);
    assert.deepEqual([status, reason, metadata["missing"]], ["PermissionDenied", "CONSENT_MISSING", "fabrikam"]);
  });

  test("without this owner's signature", async () => {
    const { reason, metadata } = await refused(contractOf(scene, "two"), [
      scene.fabrikam.signer,
      scene.fabrikam.signer,
    ]);
    assert.deepEqual([reason, metadata["missing"]], ["CONSENT_MISSING", "contoso"]);
  });

  test("with the signatures of strangers alone, and both owners are named", async () => {
    const { reason, metadata } = await refused(contractOf(scene, "three"), [
      scene.contoso.brokerSigner,
      scene.fabrikam.brokerSigner,
    ]);
    assert.deepEqual([reason, metadata["missing"]], ["CONSENT_MISSING", "contoso,fabrikam"]);
  });

  test("when a word of it was changed after it was signed", async () => {
    const envelope = await signedBy(contractOf(scene, "changed"), both());
    const changed = Buffer.from(envelope.payload, "base64")
      .toString()
      .replace(`"minimum_group":3`, `"minimum_group":1`);
    const statement = toStatementMessage({ ...envelope, payload: Buffer.from(changed).toString("base64") });
    const { reason, metadata } = await refusalOf(broker.stranger.activateContract({ contract: statement }));
    assert.deepEqual([reason, metadata["missing"]], ["CONSENT_MISSING", "contoso,fabrikam"]);
  });

  test("when it names another key for this owner than the broker's configuration, whoever signed it", async () => {
    const ownerKey = scene.stranger.keyId;
    const signers = [scene.stranger, scene.fabrikam.signer] as const;
    const { status, reason, metadata } = await refused(contractOf(scene, "own-key", { ownerKey }), signers);
    assert.deepEqual([status, reason, metadata["missing"]], ["PermissionDenied", "CONSENT_MISSING", "contoso"]);
  });

  for (const [what, version] of [
    ["lower", 4],
    ["equal, with other content", 5],
  ] as const) {
    test(`when its version is ${what}`, async () => {
      const name = `old-${version}`;
      await activate(broker, scene, contractOf(scene, name, { version: 5 }));
      const { status, reason, metadata } = await refused(contractOf(scene, name, { version, until: 48 }));
      assert.deepEqual([status, reason], ["FailedPrecondition", "CONTRACT_VERSION_OLD"]);
      assert.deepEqual([metadata["version"], metadata["highest"]], [`${version}`, "5"]);
    });
  }

  const mismatches = [
    ["key", () => ({ key: scene.stranger.keyId })],
    ["url", () => ({ url: "https://broker.contoso.test" })],
    ["ca", () => ({ ca: `sha256:${"0".repeat(64)}` })],
  ] as const;
  for (const [field, entry] of mismatches) {
    test(`when it names another ${field} for this broker`, async () => {
      const { status, reason, metadata } = await refused(contractOf(scene, `wrong-${field}`, { broker: entry() }));
      assert.deepEqual([status, reason, metadata["field"]], ["FailedPrecondition", "BROKER_KEY_MISMATCH", field]);
    });
  }

  test("when it is for AMD's hardware and this broker trusts a simulated root", async () => {
    const contract = contractOf(scene, "milan", { workload: milan, simulatedRoot: undefined });
    const { status, reason, metadata } = await refused(contract);
    assert.deepEqual([status, reason, metadata["seen"]], ["FailedPrecondition", "CONTRACT_HARDWARE_MISMATCH", "amd"]);
  });

  test("when it is for another simulated root", async () => {
    const contract = contractOf(scene, "other-root", { simulatedRoot: `sha256:${"1".repeat(64)}` });
    assert.equal((await refused(contract)).reason, "CONTRACT_HARDWARE_MISMATCH");
  });

  test("when it has ended already", async () => {
    const { status, reason } = await refused(contractOf(scene, "ended", { from: -2, until: -1 }));
    assert.deepEqual([status, reason], ["FailedPrecondition", "CONTRACT_EXPIRED"]);
  });

  test("when it names a manifest that this owner did not give its broker", async () => {
    const { status, reason } = await refused(
      contractOf(scene, "no-manifest", { manifest: `sha256:${"5".repeat(64)}` }),
    );
    assert.deepEqual([status, reason], ["FailedPrecondition", "MANIFEST_UNKNOWN"]);
  });

  test("when it is no contract at all", async () => {
    const envelope = await signedBy(contractOf(scene, "kind"), both());
    for (const statement of [undefined, toStatementMessage({ ...envelope, payloadType: "application/json" })]) {
      const { status, reason } = await refusalOf(
        broker.stranger.activateContract(statement ? { contract: statement } : {}),
      );
      assert.deepEqual([status, reason], ["InvalidArgument", "STATEMENT_MALFORMED"]);
    }
  });
});

describe("a revocation", () => {
  const revocationBy = async (contract: string, signer: Signer) =>
    toStatementMessage(await signRevocation({ contract, time: "2026-01-01T00:00:00Z" }, signer));

  test("by either owner ends a contract at once, for good, and is in the log once", async () => {
    const owners = [scene.contoso, scene.fabrikam];
    for (const { party, signer } of owners) {
      const name = `revoked-by-${party}`;
      const contract = await activate(broker, scene, contractOf(scene, name));
      const before = await broker.ledger();
      const revocation = await revocationBy(contract, signer);
      const { contract: after } = await broker.stranger.revokeContract({ revocation });
      await broker.stranger.revokeContract({ revocation });
      assert.equal(after?.state, ContractState.REVOKED);
      const entries = ofKind("activation", (await broker.ledger()).slice(before.length));
      assert.deepEqual(
        entries.map(({ contract: of, state }) => [of, state]),
        [[contract, "REVOKED"]],
      );
      const evidence = await evidenceToAsk(broker, workload, { contract });
      const { status, reason } = await refusalOf(askWith(broker, evidence, [unreadKey(scene)]));
      assert.deepEqual([status, reason], ["FailedPrecondition", "CONTRACT_REVOKED"]);
      const again = await bring(contractOf(scene, name), both()).then(
        ({ contract: known }) => known?.state,
        () => ContractState.REVOKED,
      );
      assert.equal(again, ContractState.REVOKED, "the same contract again does not bring it back");
    }
  });

  test("by a stranger changes nothing", async () => {
    const contract = await activate(broker, scene, contractOf(scene, "not-revoked"));
    const revocation = await revocationBy(contract, scene.contoso.brokerSigner);
    const { status, reason } = await refusalOf(broker.stranger.revokeContract({ revocation }));
    assert.deepEqual([status, reason], ["PermissionDenied", "CONSENT_MISSING"]);
    const known = await broker.stranger.getContract({ contract });
    assert.equal(known.contract?.state, ContractState.ACTIVE);
  });

  test("of a contract that was never brought is refused", async () => {
    const revocation = await revocationBy(`sha256:${"3".repeat(64)}`, scene.contoso.signer);
    const { status, reason } = await refusalOf(broker.stranger.revokeContract({ revocation }));
    assert.deepEqual([status, reason], ["NotFound", "CONTRACT_UNKNOWN"]);
  });
});
