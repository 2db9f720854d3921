import type { ResultClaims } from "#attestation";
import { ed25519TextOf, SealingError, sha256, toHex, verifyEnvelope } from "#sealing";
import { ContractError, malformed, problem, type Problem } from "./contract-error.ts";
import { resultDocument, type Result } from "./result.ts";
import { parseStatement, statementTypes, type ResultStatement } from "./statements.ts";

/**
 * What verified runtime claims of purpose `result` say of the result; whoever passes them has verified the evidence
 * that binds them.
 */
export type BoundResult = Pick<ResultClaims, "resultKey" | "contract" | "query" | "run" | "resultSha256">;

/**
 * Verifies what a result's statement says: signed by the key that the claims bind, over this very document, and
 * contract, query and
 * run the same in document, statement and claims, with the contract that the reader knows from elsewhere.
 *
 * It does not verify evidence: that the claims are bound by a genuine report of the `run_by` workload is for
 * #attestation.
 *
 * @throws ContractError STATEMENT_MALFORMED, STATEMENT_UNSIGNED, RESULT_MISMATCH with every difference
 */
export async function verifyResult(
  result: Result,
  { claims, contract }: { readonly claims: BoundResult; readonly contract: string },
): Promise<ResultStatement> {
  const statement = parseStatement("result", await signedPayload(result, claims.resultKey));
  await checkResultStatement(result, { statement, claims, contract });
  return statement;
}

/**
 * Compares a statement that is already known to be signed with the result, the claims and the reader's contract.
 *
 * @throws ContractError RESULT_MISMATCH with every difference
 */
export async function checkResultStatement(
  result: Result,
  {
    statement,
    claims,
    contract,
  }: { readonly statement: ResultStatement; readonly claims: BoundResult; readonly contract: string },
): Promise<void> {
  const digest = toHex(await sha256(resultDocument(result)));
  const differences = [
    ...differs(["contract"], contract, {
      result: result.contract,
      statement: statement.contract,
      claims: claims.contract,
    }),
    ...differs(["query"], result.query, { statement: statement.query, claims: claims.query }),
    ...differs(["run"], result.run, { statement: statement.run, claims: claims.run }),
    ...differs(["result_sha256"], digest, { statement: statement.result_sha256, claims: claims.resultSha256 }),
  ];
  const [first] = differences;
  if (first === undefined) return;
  throw new ContractError("RESULT_MISMATCH", first.message, differences);
}

function differs(keys: readonly string[], want: string, got: Readonly<Record<string, string>>): readonly Problem[] {
  return Object.entries(got)
    .filter(([, value]) => value !== want)
    .map(([where, value]) => problem(keys, `${keys.join(".")} is ${value} in the ${where}, want ${want}`));
}

async function signedPayload({ statement }: Result, key: Uint8Array): Promise<Uint8Array> {
  try {
    return await verifyEnvelope(statement, {
      payloadType: statementTypes.result,
      keys: new Map([[ed25519TextOf(key), key]]),
      threshold: "all",
    });
  } catch (error) {
    if (error instanceof SealingError && error.code === "SIGNATURE_INVALID") {
      throw new ContractError("STATEMENT_UNSIGNED", error.message, [], { cause: error });
    }
    if (error instanceof SealingError) {
      throw malformed("STATEMENT_MALFORMED", "statement", [problem(["statement"], error.message)], { cause: error });
    }
    throw error;
  }
}
