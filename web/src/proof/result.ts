// A result, proved in the reader's own browser: proto/FORMATS.md section 7, "To verify".
import {
  parseStatement,
  payloadOf,
  proveResult,
  queryOf,
  resultDocument,
  statementTypes,
  type Contract,
  type Result,
} from "#contract";
import { fromUtf8 } from "#sealing";
import { allHold, type Check } from "./check.ts";
import { isBinding, standingOf, type KnownContract, type Standing } from "./known-contract.ts";

/** A result as it came, and what was asked for. */
export interface ResultQuestion {
  readonly result: Result;
  /** The text of the document as it was sent. */
  readonly document: string;
  readonly query: string;
  readonly run: string;
  readonly known: KnownContract;
  readonly now: Date;
}

/** How a result came out. */
export interface ResultVerdict {
  readonly standing: Standing;
  readonly checks: readonly Check[];
  readonly notChecked: readonly string[];
}

const compared = (name: string, expected: string, seen: string): Check => ({
  name,
  outcome: expected === seen ? "holds" : "fails",
  expected,
  seen,
});

const steps = ["evidence", "workload", "statement"] as const;

/** The datasets that the signer says it read, beside those of the contract. */
const checkManifests = ({ statement }: Result, contract: Contract, query: string): Check => {
  const signed = parseStatement("result", payloadOf(statement, statementTypes.result)).manifests;
  const text = (entries: readonly (readonly [string, string | undefined])[]): string =>
    entries
      .map(([dataset, digest]) => `${dataset} ${digest}`)
      .toSorted()
      .join(", ");
  const wanted = queryOf(contract, query).over.map((name) => [name, contract.datasets[name]?.manifest] as const);
  return compared("manifests", text(wanted), text(Object.entries(signed)));
};

/** Proves a result. A failed proof is an answer, not an error. */
export const proveDelivered = async (question: ResultQuestion): Promise<ResultVerdict> => {
  const { result, document, query, run, known, now } = question;
  const { contract, digest } = known;
  const shown = fromUtf8(resultDocument(result));
  const proof = await proveResult(result, { contract, digest, now });
  const proved = steps.map((name): Check => {
    const step = proof.steps.find((candidate) => candidate.name === name);
    if (step === undefined) return { name, outcome: "not-reached" };
    return {
      name,
      outcome: step.ok ? "holds" : "fails",
      seen: step.detail,
      ...(step.code === undefined ? {} : { code: step.code }),
    };
  });
  const checks: readonly Check[] = [
    { name: "document", outcome: shown === document ? "holds" : "fails" },
    ...proved,
    proof.ok ? checkManifests(result, contract, query) : { name: "manifests", outcome: "not-reached" },
    compared("query", query, result.query),
    compared("run", run, result.run),
    {
      ...compared("contract", digest, result.contract),
      ...(known.missing.length > 0 ? { outcome: "fails" as const, code: "CONSENT_MISSING" } : {}),
    },
  ];
  const notChecked = isBinding(known)
    ? proof.notChecked
    : ["contract: it came through the gateway", ...proof.notChecked];
  return { standing: standingOf(allHold(checks), known), checks, notChecked };
};
