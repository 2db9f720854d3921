// Messages of the wire in the plain forms that the verifiers take.
import { AttestationError, type Evidence } from "#attestation";
import { parseResult, type Result } from "#contract";
import type { AnalysisResult } from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import type { Evidence as EvidenceMessage } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import type { SignedStatement } from "#gen/sealmesh/contract/v1alpha1/contract_pb.ts";
import { toBase64, type Envelope } from "#sealing";

/** The envelope of a statement; an absent one is empty, and is refused by whoever verifies it. */
export const toEnvelope = (message: SignedStatement | undefined): Envelope => ({
  payloadType: message?.payloadType ?? "",
  payload: toBase64(message?.payload ?? new Uint8Array()),
  signatures: (message?.signatures ?? []).map(({ keyId, signature }) => ({ keyid: keyId, sig: toBase64(signature) })),
});

/**
 * The evidence of a message.
 *
 * @throws AttestationError REPORT_MALFORMED when there is none of a known technology
 */
export const toEvidence = (message: EvidenceMessage | undefined): Evidence => {
  if (message?.technology.case !== "sevSnp") {
    throw new AttestationError("REPORT_MALFORMED", "evidence is of no technology that is known here");
  }
  const { report, certificates, crls } = message.technology.value;
  return { report, certificates, crls, runtimeClaims: message.runtimeClaims };
};

/**
 * A result as people get it: the document with its statement and evidence.
 *
 * @throws ContractError RESULT_MALFORMED; AttestationError REPORT_MALFORMED
 */
export const toResult = ({ document, statement, evidence }: AnalysisResult): Result => {
  const { report, certificates, crls = [], runtimeClaims } = toEvidence(evidence);
  return parseResult({
    ...documentOf(document),
    statement: toEnvelope(statement),
    evidence: {
      report: toBase64(report),
      certificates: certificates.map((certificate) => toBase64(certificate)),
      crls: crls.map((crl) => toBase64(crl)),
      runtime_claims: toBase64(runtimeClaims),
    },
  });
};

/** The members of the document; whatever else it is has none, and is refused by parseResult. */
const documentOf = (document: string): object => {
  try {
    const value: unknown = JSON.parse(document);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
};
