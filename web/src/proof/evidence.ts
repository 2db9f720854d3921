// A workload's evidence, judged here: genuine, made for this reader, of the workload that the contract lists.
import {
  appraiseEvidence,
  AttestationError,
  type Appraisal,
  type AttestationCode,
  type Evidence,
  type ExplainedGroup,
  type HardwareRoot,
  type Product,
  type VerifiedReport,
} from "#attestation";
import { trustedRootsOf, workloadOf, type Contract } from "#contract";
import { allHold, untilFailure, type Check } from "./check.ts";
import { proveDocuments, type DocumentsProof, type MeasuredDocuments } from "./documents.ts";
import { checkReport } from "./report-checks.ts";

/** What a workload answered, and what it is compared with. */
export interface EvidenceQuestion {
  readonly evidence: Evidence;
  readonly documents: MeasuredDocuments;
  /** The 32 bytes that were made for this question. */
  readonly nonce: Uint8Array;
  readonly contract: Contract;
  /** `contoso/provider`. */
  readonly workload: string;
  readonly now: Date;
}

/** What the hardware says, once the report is known to be genuine. */
export interface ReportFacts {
  readonly hardwareRoot: HardwareRoot;
  readonly product: Product;
  readonly reportVersion: number;
}

/** How evidence came out. */
export interface EvidenceProof {
  readonly holds: boolean;
  readonly checks: readonly Check[];
  /** What was not checked, and why. */
  readonly notChecked: readonly string[];
  readonly facts?: ReportFacts;
  /** What the report says, in words. */
  readonly explained?: readonly ExplainedGroup[];
  readonly documents?: DocumentsProof;
}

/** The steps of appraiseEvidence, in its order. */
const appraisal = ["genuine", "bound", "claims", "purpose", "audience", "nonce"] as const;

const stepOf: Readonly<Partial<Record<AttestationCode, (typeof appraisal)[number]>>> = {
  EVIDENCE_REPORT_DATA: "bound",
  CLAIMS_MALFORMED: "claims",
  EVIDENCE_PURPOSE: "purpose",
  EVIDENCE_AUDIENCE: "audience",
  EVIDENCE_NONCE: "nonce",
};

/** Why the TLS key of evidence is not compared in a browser. */
const TLS_UNSEEN = "a browser cannot see the TLS key behind the gateway";

const refused = (error: AttestationError): EvidenceProof => {
  const { expected, seen } = error.data;
  const failed: Check = {
    name: stepOf[error.code] ?? "genuine",
    outcome: "fails",
    code: error.code,
    ...(expected === undefined ? {} : { expected }),
    seen: seen ?? error.message,
  };
  return { holds: false, checks: untilFailure(appraisal, failed), notChecked: [] };
};

const factsOf = ({ hardwareRoot, product, report }: VerifiedReport): ReportFacts => ({
  hardwareRoot,
  product,
  reportVersion: report.version,
});

/**
 * Proves evidence of purpose `reader` against a contract. A failed proof is an answer, not an error.
 *
 * @throws ContractError WORKLOAD_UNKNOWN
 */
export const proveEvidence = async (question: EvidenceQuestion): Promise<EvidenceProof> => {
  const { evidence, documents, nonce, contract, now } = question;
  const workload = workloadOf(contract, question.workload);
  let appraised: Appraisal;
  try {
    appraised = await appraiseEvidence(evidence, {
      roots: trustedRootsOf(contract),
      now,
      revocation: { crls: [], absent: { accepted: "the evidence carries no CRL of its root" }, stale: "refused" },
      purpose: "reader",
      audience: "anyone",
      nonce,
      tlsSpkiSha256: { unchecked: TLS_UNSEEN },
    });
  } catch (error) {
    if (error instanceof AttestationError) return refused(error);
    throw error;
  }
  const { verified, notChecked } = appraised;
  const { check, explained } = checkReport(appraised, workload);
  const measured = await proveDocuments(documents, verified.report);
  const checks = [...appraisal.map((name): Check => ({ name, outcome: "holds" })), check, ...measured.checks];
  return { holds: allHold(checks), checks, notChecked, facts: factsOf(verified), explained, documents: measured };
};
