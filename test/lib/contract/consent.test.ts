import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CONTRACT_TYPE,
  contractDigest,
  ContractError,
  contractPayload,
  cosignContract,
  parseContractYaml,
  signContract,
  signRevocation,
  statementTypes,
  verifyConsent,
  verifyRevocation,
} from "#contract";
import { addSignature, signEnvelope } from "#sealing";
import { altered, sampleYaml, signers } from "./sample-contract.ts";

const contract = parseContractYaml(sampleYaml);
const digest = await contractDigest(contractPayload(contract));
const byContoso = await signContract(contract, signers.contoso);
const byBoth = await cosignContract(byContoso, signers.fabrikam);
const time = "2026-12-01T00:00:00Z";

const refusedAs = (code: string) => (error: unknown) => error instanceof ContractError && error.code === code;

test("nothing is missing when every owner has signed", async () => {
  const consent = await verifyConsent(byBoth, { ownKeys: { contoso: signers.contoso.keyId } });
  assert.deepEqual(consent.missing, []);
  assert.deepEqual(consent.contract, contract);
  assert.equal(consent.digest, digest);
  assert.deepEqual(consent.payload, contractPayload(contract));
});

test("an owner who has not signed is missing", async () => {
  assert.deepEqual((await verifyConsent(byContoso)).missing, ["fabrikam"]);
});

test("a stranger's signature counts for nobody and harms nobody", async () => {
  assert.deepEqual((await verifyConsent(await cosignContract(byContoso, signers.stranger))).missing, ["fabrikam"]);
  assert.deepEqual((await verifyConsent(await cosignContract(byBoth, signers.stranger))).missing, []);
});

test("a stranger's signature under an owner's name does not count", async () => {
  const forged = await addSignature(byContoso, { ...signers.stranger, keyId: signers.fabrikam.keyId });
  assert.deepEqual((await verifyConsent(forged)).missing, ["fabrikam"]);
});

test("an owner's signature on another version does not count", async () => {
  const other = await signContract(parseContractYaml(altered("version: 1", "version: 2")), signers.contoso);
  const moved = { ...byBoth, signatures: [...byBoth.signatures.slice(1), ...other.signatures] };
  assert.deepEqual((await verifyConsent(moved)).missing, ["contoso"]);
});

test("a broker's signature is not its owner's", async () => {
  const signed = await cosignContract(await signContract(contract, signers.contosoBroker), signers.fabrikam);
  assert.deepEqual((await verifyConsent(signed)).missing, ["contoso"]);
});

test("an own owner whom the contract gives another key is missing, though the signature under that key holds", async () => {
  assert.deepEqual((await verifyConsent(byBoth, { ownKeys: { contoso: signers.stranger.keyId } })).missing, [
    "contoso",
  ]);
});

test("an own owner that owns nothing in the contract is missing", async () => {
  assert.deepEqual((await verifyConsent(byBoth, { ownKeys: { woodgrove: signers.stranger.keyId } })).missing, [
    "woodgrove",
  ]);
  assert.deepEqual((await verifyConsent(byBoth, { ownKeys: { constructor: signers.stranger.keyId } })).missing, [
    "constructor",
  ]);
});

test("a payload altered after signing leaves every owner missing", async () => {
  const payload = (
    await signContract(parseContractYaml(altered("minimum_group: 3", "minimum_group: 1")), signers.stranger)
  ).payload;
  assert.deepEqual((await verifyConsent({ ...byBoth, payload })).missing, ["contoso", "fabrikam"]);
});

test("refuses an envelope of another payload type, and relabelled its signature does not hold", async () => {
  const signed = await signEnvelope(statementTypes.revocation, contractPayload(contract), signers.contoso);
  await assert.rejects(verifyConsent(signed), refusedAs("STATEMENT_MALFORMED"));
  const relabelled = await verifyConsent({ ...signed, payloadType: CONTRACT_TYPE });
  assert.deepEqual(relabelled.missing, ["contoso", "fabrikam"]);
});

test("refuses payloads that are not base64 or not a contract, signatures that are not base64, and more than 64 of them", async () => {
  await assert.rejects(verifyConsent({ ...byBoth, payload: "%" }), refusedAs("STATEMENT_MALFORMED"));
  await assert.rejects(
    verifyConsent(await signEnvelope(CONTRACT_TYPE, new TextEncoder().encode("{}"), signers.contoso)),
    refusedAs("CONTRACT_MALFORMED"),
  );
  const signatures = [{ keyid: signers.contoso.keyId, sig: "%" }];
  await assert.rejects(verifyConsent({ ...byBoth, signatures }), refusedAs("STATEMENT_MALFORMED"));
  const [one] = byBoth.signatures;
  assert.ok(one);
  await assert.rejects(
    verifyConsent({ ...byBoth, signatures: Array.from({ length: 65 }, () => one) }),
    refusedAs("STATEMENT_MALFORMED"),
  );
});

test("nobody signs or cosigns what is not a contract", async () => {
  await assert.rejects(signContract({ ...contract, version: 0 }, signers.contoso), refusedAs("CONTRACT_MALFORMED"));
  const envelope = await signEnvelope(CONTRACT_TYPE, new TextEncoder().encode("{}"), signers.contoso);
  await assert.rejects(cosignContract(envelope, signers.fabrikam), refusedAs("CONTRACT_MALFORMED"));
});

test("any owner ends a contract, and the outcome says who", async () => {
  const revoked = await verifyRevocation(await signRevocation({ contract: digest, time }, signers.fabrikam), {
    contract,
    digest,
  });
  assert.deepEqual(revoked, { v: 1, type: "revocation", contract: digest, time, by: ["fabrikam"] });
});

test("refuses a revocation by a stranger or by a broker", async () => {
  for (const signer of [signers.stranger, signers.contosoBroker]) {
    const envelope = await signRevocation({ contract: digest, time }, signer);
    await assert.rejects(verifyRevocation(envelope, { contract, digest }), refusedAs("STATEMENT_UNSIGNED"));
  }
});

test("refuses an owner's revocation of another contract", async () => {
  const envelope = await signRevocation({ contract: `sha256:${"9".repeat(64)}`, time }, signers.contoso);
  await assert.rejects(verifyRevocation(envelope, { contract, digest }), refusedAs("STATEMENT_UNSIGNED"));
});

test("a revocation by the broker's own owner is judged by the configured key", async () => {
  const envelope = await signRevocation({ contract: digest, time }, signers.contoso);
  const ownKeys = { contoso: signers.stranger.keyId };
  await assert.rejects(verifyRevocation(envelope, { contract, digest, ownKeys }), refusedAs("STATEMENT_UNSIGNED"));
});
