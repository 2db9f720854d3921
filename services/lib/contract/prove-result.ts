// A reader's proof of a result, step by step, offline. What the reader brings is the contract that it knows from elsewhere.

import { appraiseEvidence, AttestationError, strictPolicy, validateReport, type ResultClaims } from "#attestation";
import { fromBase64, SealingError } from "#sealing";
import { queryOf } from "./columns.ts";
import { ContractError } from "./contract-error.ts";
import type { Contract } from "./contract.ts";
import { contractDigest, contractPayload } from "./parse-contract.ts";
import { referenceValuesOf, trustedRootsOf, workloadOf } from "./reference-values.ts";
import type { Result } from "./result.ts";
import { verifyResult } from "./verify-result.ts";

/**
 * The steps, each standing on the ones before:
 * - `evidence`: the report is genuine under the contract's root and bound to claims of purpose `result`
 * - `workload`: the report is of the workload that the contract lets run this query
 * - `statement`: the key that the claims bind signed this very document, and document, statement, claims and contract agree
 */
export type ProofStepName = "evidence" | "workload" | "statement";

/** How one step came out. */
export interface ProofStep {
  readonly name: ProofStepName;
  readonly ok: boolean;
  /** What was found, or why it failed, in words. */
  readonly detail: string;
  /** Stable code of a failure. */
  readonly code?: string;
}

/** How a proof came out: it holds when every step does. */
export interface ResultProof {
  readonly ok: boolean;
  /** Ends with the first step that failed. */
  readonly steps: readonly ProofStep[];
  /** What was not checked, and why. */
  readonly notChecked: readonly string[];
}

/** What a reader knows from elsewhere. */
export interface ResultAnchor {
  readonly contract: Contract;
  /** `sha256:` of the contract's payload, from outside the mesh. */
  readonly digest: string;
  readonly now: Date;
}

/**
 * Proves a result. A failed proof is an answer, not an error.
 *
 * @throws RangeError when the digest is not that of the contract: the caller mixed two up
 */
export async function proveResult(result: Result, anchor: ResultAnchor): Promise<ResultProof> {
  const own = await contractDigest(contractPayload(anchor.contract));
  if (own !== anchor.digest) throw new RangeError(`the contract is ${own}, the anchor ${anchor.digest}`);
  const steps: ProofStep[] = [];
  let notChecked: readonly string[] = [];
  try {
    const { verified, claims, notChecked: skipped } = await appraise(result, anchor);
    notChecked = skipped;
    steps.push({
      name: "evidence",
      ok: true,
      detail: `genuine under the ${verified.hardwareRoot === "amd" ? `AMD ${verified.product}` : "simulated"} root, made for this result`,
    });
    const name = queryOf(anchor.contract, result.query).run_by;
    const findings = validateReport(verified, strictPolicy(referenceValuesOf(workloadOf(anchor.contract, name))));
    if (findings.length > 0) {
      const detail = findings
        .map(({ code, expected, seen }) => `${code}: expected ${expected}, seen ${seen}`)
        .join("; ");
      steps.push({ name: "workload", ok: false, detail, code: "POLICY_REFUSED" });
      return { ok: false, steps, notChecked };
    }
    steps.push({ name: "workload", ok: true, detail: `${name}, with the measurements that the contract lists` });
    await verifyResult(result, { claims, contract: anchor.digest });
    steps.push({
      name: "statement",
      ok: true,
      detail: "signed by the key that the evidence binds, over this document and contract",
    });
    return { ok: true, steps, notChecked };
  } catch (error) {
    if (!(error instanceof AttestationError || error instanceof ContractError || error instanceof SealingError))
      throw error;
    const name = (["evidence", "workload", "statement"] as const)[steps.length] ?? "statement";
    steps.push({ name, ok: false, detail: error.message, code: error.code });
    return { ok: false, steps, notChecked };
  }
}

async function appraise({ evidence }: Result, { contract, now }: ResultAnchor) {
  const { verified, claims, notChecked } = await appraiseEvidence(
    {
      report: fromBase64(evidence.report),
      certificates: evidence.certificates.map((certificate) => fromBase64(certificate)),
      crls: evidence.crls.map((crl) => fromBase64(crl)),
      runtimeClaims: fromBase64(evidence.runtime_claims),
    },
    {
      roots: trustedRootsOf(contract),
      now,
      revocation: {
        crls: [],
        absent: { accepted: "the result carries no CRL of its root" },
        stale: { accepted: "a result is proved at any later time" },
      },
      purpose: "result",
      audience: "anyone",
      nonce: { none: "evidence of a result is for anyone at any time" },
      tlsSpkiSha256: { unchecked: "a result is read without a connection" },
    },
  );
  if (!isResultClaims(claims)) throw new TypeError("appraiseEvidence compared the purpose");
  return { verified, claims, notChecked };
}

function isResultClaims(claims: { readonly purpose: string }): claims is ResultClaims {
  return claims.purpose === "result";
}
