import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64, signEnvelope, type Envelope } from "#sealing";
import { findContracts, type ContractSource } from "../../web/src/proof/find-contracts.ts";
import { contractAbout, isBinding, judgeContract, standingOf } from "../../web/src/proof/known-contract.ts";
import { proveEntry } from "../../web/src/proof/ledger.ts";
import { provePolicy } from "../../web/src/proof/policy.ts";
import { releasePolicy } from "#contract";
import { makeVectors, vectorSigner } from "../formats/make-vectors.ts";

const vectors = await makeVectors();
const { statement, digest } = vectors.contract;
const other = `sha256:${"0".repeat(64)}`;
const stranger = await signEnvelope(statement.payloadType, fromBase64(statement.payload), vectorSigner("stranger"));
const unsigned: Envelope = { ...statement, signatures: stranger.signatures };

const sourceOf = (answer: Envelope | undefined): ContractSource => ({
  getContract: async () => answer,
  listNames: async () => [],
});

test("nothing is proven without an anchor, with another anchor, or without every owner's signature", async () => {
  for (const known of [
    await judgeContract(statement, []),
    await judgeContract(statement, [other]),
    await judgeContract(unsigned, [digest]),
    undefined,
  ]) {
    assert.equal(isBinding(known), false);
    assert.equal(standingOf(true, known), "not-proven");
    assert.equal(standingOf(false, known), "failed");
  }
});

test("what holds beside the anchored contract is proven, and what does not is failed", async () => {
  const known = await judgeContract(statement, [digest]);
  assert.equal(standingOf(true, known), "proven");
  assert.equal(standingOf(false, known), "failed");
});

test("the anchored contract is found at any broker", async () => {
  const found = await findContracts([sourceOf(undefined), sourceOf(statement)], [digest], []);
  assert.deepEqual(
    found.anchors.map(({ kind }) => kind),
    ["found"],
  );
  assert.equal(found.contracts.length, 1);
});

test("another contract in place of the anchored one is a mismatch, and proves nothing", async () => {
  const found = await findContracts([sourceOf(statement)], [other], ["partner-demographics"]);
  assert.deepEqual(found.anchors, [{ kind: "mismatch", digest: other, shown: digest }]);
  assert.deepEqual(found.contracts.map(isBinding), [false]);
});

test("an anchor that no broker knows is unknown", async () => {
  const found = await findContracts([sourceOf(undefined)], [other], []);
  assert.deepEqual(found.anchors, [{ kind: "unknown", digest: other }]);
});

test("a binding contract is preferred to one that only came through the gateway", async () => {
  const [loose, binding] = [await judgeContract(unsigned, []), await judgeContract(statement, [digest])];
  assert.equal(
    contractAbout([loose, binding], () => true),
    binding,
  );
  assert.equal(
    contractAbout([loose, binding], () => false),
    undefined,
  );
});

test("a log entry is its broker's: one that another key signed, or with another payload, is refused", async () => {
  const contracts = [await judgeContract(statement, [digest])];
  const entry = { index: 0n, statement: vectors.denial };
  assert.equal((await proveEntry(entry, "contoso", contracts)).statement?.type, "denial");
  const foreign = await signEnvelope(
    vectors.denial.payloadType,
    fromBase64(vectors.denial.payload),
    vectorSigner("another broker"),
  );
  const refused = await proveEntry({ index: 0n, statement: foreign }, "contoso", contracts);
  assert.equal(refused.failure?.code, "SIGNATURE_INVALID");
  assert.deepEqual(await proveEntry(entry, "fabrikam", contracts), { index: 0n });
  const altered = { ...vectors.denial, payload: vectors.contract.statement.payload };
  const proven = await proveEntry({ index: 0n, statement: altered }, "contoso", contracts);
  assert.equal(proven.statement, undefined);
  assert.equal(proven.failure?.code, "SIGNATURE_INVALID");
  assert.deepEqual(await proveEntry(entry, "contoso", []), { index: 0n });
});

test("a broker's policy is the contract's, however it is spaced, and nothing more lenient", async () => {
  const { contract } = await judgeContract(statement, []);
  const [query = ""] = Object.keys(contract.queries);
  const own = releasePolicy(contract, query, contract.parties["contoso"]?.broker?.url ?? "");
  const question = { contract, query, party: "contoso" };
  assert.equal(provePolicy(JSON.stringify(own, null, 2), question).isSame, true);
  const lenient = JSON.stringify(own).replace(/\{"claim":"x-ms-sevsnpvm-is-debuggable","equals":"false"\},/, "");
  assert.notEqual(lenient, JSON.stringify(own));
  assert.equal(provePolicy(lenient, question).isSame, false);
  assert.equal(provePolicy("no policy", question).isSame, false);
});
