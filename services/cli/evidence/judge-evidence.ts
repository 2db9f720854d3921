// One report's verdict, as `--json` prints it.
import {
  AttestationError,
  type AttestationReport,
  codeKind,
  parseReport,
  type Product,
  productOfCpu,
  type VerifiedReport,
  verifyReport,
} from "#attestation";
import { toHex } from "#sealing";
import { CliError } from "../cli-error.ts";
import { type EvidenceOptions, questionOf } from "./evidence-options.ts";

/** Why evidence is not genuine. */
export interface EvidenceFailure {
  readonly code: string;
  readonly field: string | null;
  readonly expected: string | null;
  readonly seen: string | null;
  readonly message: string;
}

/** The verdict. What the report says is proved only when `ok` is true; else it is what the bytes claim. */
export interface EvidenceVerdict {
  readonly ok: boolean;
  /** `OK`, or the code of the first failure. */
  readonly code: string;
  readonly product: string | null;
  readonly version: number | null;
  readonly signer: "vcek" | "vlek" | "none" | null;
  readonly root: "amd" | "simulated";
  readonly fields: Readonly<Record<string, string | number>> | null;
  readonly failures: readonly EvidenceFailure[];
  readonly not_checked: readonly string[];
  /** Files, and entries of a certificate table, that held nothing to verify with. */
  readonly passed_over: readonly string[];
}

/** A verdict, and what it was made of, for those who explain it. */
export interface Judgement {
  /** False when there was nothing to judge: a file is missing, is no report, or holds no certificate. */
  readonly isUsable: boolean;
  readonly verdict: EvidenceVerdict;
  readonly report: AttestationReport | null;
  readonly verified: VerifiedReport | null;
}

/** 16 digits, the most significant first. */
const hex64 = (value: bigint): string => value.toString(16).padStart(16, "0");

const fieldsOf = (report: AttestationReport): Readonly<Record<string, string | number>> => ({
  measurement: toHex(report.measurement),
  host_data: toHex(report.hostData),
  report_data: toHex(report.reportData),
  chip_id: toHex(report.chipId),
  policy: hex64(report.policy.value),
  reported_tcb: hex64(report.reportedTcb.value),
  vmpl: report.vmpl,
});

const parsed = (bytes: Uint8Array): AttestationReport | null => {
  try {
    return parseReport(bytes);
  } catch (error) {
    if (error instanceof AttestationError) return null;
    throw error;
  }
};

const failureOf = (error: AttestationError | CliError): EvidenceFailure => {
  const { field, expected, seen } = error instanceof AttestationError ? error.data : {};
  return {
    code: error.code,
    field: field ?? null,
    expected: expected ?? null,
    seen: seen ?? null,
    message: error.message,
  };
};

/** What AMD's service does not give leaves the question open; everything else that the library refuses answers it. */
const isJudged = (error: AttestationError | CliError): boolean =>
  error instanceof AttestationError && codeKind[error.code] !== "unavailable";

const verdictOf = (
  { root }: EvidenceOptions,
  report: AttestationReport | null,
  product: Product | null,
  rest: Pick<EvidenceVerdict, "failures" | "not_checked" | "passed_over">,
): EvidenceVerdict => ({
  ok: rest.failures.length === 0,
  code: rest.failures[0]?.code ?? "OK",
  product,
  version: report?.version ?? null,
  signer: report?.signingKey ?? null,
  root,
  fields: report === null ? null : fieldsOf(report),
  ...rest,
});

/** Verifies the evidence that the options name. What cannot be judged is a verdict too; `isUsable` tells them apart. */
export const judgeEvidence = async (options: EvidenceOptions): Promise<Judgement> => {
  let report: AttestationReport | null = null;
  try {
    const { evidence, verify, ignored } = await questionOf(options);
    report = parsed(evidence.report);
    const verified = await verifyReport(evidence, verify);
    const rest = { failures: [], not_checked: verified.notChecked, passed_over: ignored };
    const verdict = verdictOf(options, report, verified.product, rest);
    return { report, verified, verdict, isUsable: true };
  } catch (error) {
    if (!(error instanceof AttestationError || error instanceof CliError)) throw error;
    const product = report === null || report.cpuid === null ? null : productOfCpu(report.cpuid);
    const rest = { failures: [failureOf(error)], not_checked: ["what comes behind the failure"], passed_over: [] };
    const verdict = verdictOf(options, report, product, rest);
    return { report, verified: null, verdict, isUsable: isJudged(error) };
  }
};
