import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ContractError,
  parseResult,
  resultDocument,
  statementPayload,
  statementTypes,
  verifyResult,
  type Result,
} from "#contract";
import { ed25519KeyOf, sha256, signEnvelope, toHex } from "#sealing";
import { freshSigner } from "./sample-contract.ts";

const contract = `sha256:${"1".repeat(64)}`;
const resultKey = await freshSigner();
const stranger = await freshSigner();
const document = {
  type: "result" as const,
  contract,
  query: "demographics",
  run: "2".repeat(32),
  rows: { contoso: 50, fabrikam: 50 },
  outputs: {
    countries: [{ country: "France", count: 20, cities: [{ city: "Paris", count: 9 }], other: { count: 11 } }],
    generations: [{ party: null, generation: "Gen X", count: 30, share: 33.3 }],
  },
  suppressed: { countries: true as const },
  other: { countries: { count: 4 }, generations: [{ party: "contoso", count: 4 }] },
};
const evidence = { report: "AA==", certificates: ["AA=="], crls: [], runtime_claims: "AA==" };
const result_sha256 = toHex(await sha256(resultDocument(document)));
const statement = {
  v: 1 as const,
  type: "result" as const,
  contract,
  query: document.query,
  run: document.run,
  manifests: { "contoso/employees": contract },
  result_sha256,
  time: "2026-11-24T10:00:00Z",
};
const claims = {
  resultKey: ed25519KeyOf(resultKey.keyId),
  contract,
  query: document.query,
  run: document.run,
  resultSha256: result_sha256,
};
const signed = async (change: Partial<typeof statement> = {}, signer = resultKey): Promise<Result> => ({
  ...document,
  statement: await signEnvelope(statementTypes.result, statementPayload("result", { ...statement, ...change }), signer),
  evidence,
});
const refusedAs =
  (code: string, message = /./) =>
  (error: unknown) =>
    error instanceof ContractError && error.code === code && message.test(error.message);

test("a result verifies as parsed from text of any layout", async () => {
  const result = await signed();
  assert.deepEqual(await verifyResult(parseResult(JSON.stringify(result, null, 2)), { claims, contract }), statement);
});

test("the document is the canonical JSON without statement and evidence", async () => {
  const text = new TextDecoder().decode(resultDocument(await signed()));
  assert.deepEqual(JSON.parse(text), document);
  assert.ok(text.startsWith('{"contract":"sha256:'));
});

test("refuses a result with one number changed, and says so of statement and claims", async () => {
  const result = await signed();
  await assert.rejects(
    verifyResult({ ...result, rows: { contoso: 51, fabrikam: 50 } }, { claims, contract }),
    (error) => {
      assert.ok(error instanceof ContractError);
      assert.equal(error.code, "RESULT_MISMATCH");
      assert.deepEqual(
        error.data.problems.map(({ path }) => path),
        ["$.result_sha256", "$.result_sha256"],
      );
      return true;
    },
  );
});

test("refuses a statement signed by a stranger, by nobody, or of another kind", async () => {
  await assert.rejects(verifyResult(await signed({}, stranger), { claims, contract }), refusedAs("STATEMENT_UNSIGNED"));
  const result = await signed();
  const unsigned = { ...result, statement: { ...result.statement, signatures: [] } };
  await assert.rejects(verifyResult(unsigned, { claims, contract }), refusedAs("STATEMENT_UNSIGNED"));
  const relabelled = { ...result, statement: { ...result.statement, payloadType: statementTypes.denial } };
  await assert.rejects(verifyResult(relabelled, { claims, contract }), refusedAs("STATEMENT_UNSIGNED"));
  const garbled = { ...result, statement: { ...result.statement, payload: "%" } };
  await assert.rejects(verifyResult(garbled, { claims, contract }), refusedAs("STATEMENT_MALFORMED"));
});

for (const [name, change, changedClaims] of [
  ["another contract in the statement", { contract: `sha256:${"9".repeat(64)}` }, {}],
  ["another query in the statement", { query: "other" }, {}],
  ["another run in the statement", { run: "3".repeat(32) }, {}],
  ["another document in the statement", { result_sha256: "3".repeat(64) }, {}],
  ["another contract in the claims", {}, { contract: `sha256:${"9".repeat(64)}` }],
  ["another query in the claims", {}, { query: "other" }],
  ["another run in the claims", {}, { run: "3".repeat(32) }],
  ["another document in the claims", {}, { resultSha256: "3".repeat(64) }],
] as const) {
  test(`refuses ${name}`, async () => {
    const where = Object.keys(change).length > 0 ? /in the statement/ : /in the claims/;
    await assert.rejects(
      verifyResult(await signed(change), { claims: { ...claims, ...changedClaims }, contract }),
      refusedAs("RESULT_MISMATCH", where),
    );
  });
}

test("refuses a genuine result of a contract that the reader does not know", async () => {
  await assert.rejects(
    verifyResult(await signed(), { claims, contract: `sha256:${"9".repeat(64)}` }),
    refusedAs("RESULT_MISMATCH", /in the result, want sha256:9/),
  );
});

for (const [name, change] of [
  ["an unknown member", { note: "" }],
  ["another type", { type: "denial" }],
  ["no statement", { statement: undefined }],
  ["a row that is no object", { outputs: { countries: [1] } }],
  ["a cell that is a boolean", { outputs: { countries: [{ country: true }] } }],
  ["suppressed false", { suppressed: { countries: false } }],
  ["a count of rows below 0", { rows: { contoso: -1 } }],
  ["a member that objects inherit", { outputs: { constructor: [] } }],
] as const) {
  test(`refuses a result with ${name}`, async () => {
    const result = await signed();
    assert.throws(() => parseResult(JSON.stringify({ ...result, ...change })), refusedAs("RESULT_MALFORMED"));
  });
}

test("refuses what is not JSON, and nesting without end", () => {
  assert.throws(() => parseResult("{"), refusedAs("RESULT_MALFORMED"));
  assert.throws(() => parseResult("[".repeat(100_000) + "]".repeat(100_000)), refusedAs("RESULT_MALFORMED"));
});
