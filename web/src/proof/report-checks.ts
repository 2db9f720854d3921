// A workload's report beside its contract: validateReport decides, and explainReport puts what it found beside all that the report says.
import { explainReport, strictPolicy, validateReport, type Appraisal, type ExplainedGroup } from "#attestation";
import { referenceValuesOf, type Workload } from "#contract";
import type { Check } from "./check.ts";

/** Whether a report is of the workload that a contract lists, and its fields in words. */
export interface ReportProof {
  readonly check: Check;
  readonly explained: readonly ExplainedGroup[];
}

/**
 * Validates an appraised report against a workload of a contract.
 *
 * @throws AttestationError REFERENCE_VALUES_INCOMPLETE
 */
export const checkReport = (appraisal: Appraisal, workload: Workload): ReportProof => {
  const { verified } = appraisal;
  const policy = strictPolicy(referenceValuesOf(workload));
  const failures = validateReport(verified, policy);
  const codes = [...new Set(failures.map(({ code }) => code))].join(", ");
  return {
    check: { name: "wanted", ...(failures.length === 0 ? { outcome: "holds" } : { outcome: "fails", code: codes }) },
    explained: explainReport({ ...appraisal, report: verified.report, policy, failures }),
  };
};
