// The door of the attestation core: bytes in, verdict out. It runs in Node and in browsers and imports nothing.
export { appraiseEvidence } from "./verify/appraise.ts";
export { AttestationError, codeKind } from "./attestation-error.ts";
export { reportDataOf } from "./verify/binding.ts";
export { parseCertificate, spkiSha256 } from "./certificates/certificate.ts";
export { parseCrl } from "./certificates/certificate-revocation-list.ts";
export { certificatesOfTable, parseCertificateTable } from "./certificates/certificate-table.ts";
export { collateralFrom } from "./kds/collateral-file.ts";
export { checkRevocation } from "./certificates/revocation.ts";
export { parseClaims } from "./verify/claims.ts";
export { allowAllPolicyName, checkHostData } from "./azure/cce-policy.ts";
export { checkHclBinding, parseHclReport, verifyTpmQuote } from "./azure/hcl-report.ts";
export { checkTcbm, parseHostAmdCert } from "./azure/host-amd-cert.ts";
export { maaClaims } from "./azure/maa-claims.ts";
export { verifyMaaToken } from "./azure/maa-token.ts";
export { checkUvmMeasurement, microsoftUvm, verifyUvmEndorsement } from "./azure/uvm-endorsement.ts";
export { validateMaaToken } from "./azure/validate-maa-token.ts";
export { certificatesFrom } from "./encoding/pem.ts";
export { evidenceFields, fieldGroups } from "./explain/evidence-fields.ts";
export { explainReport } from "./explain/explain-report.ts";
export { explanations } from "./explain/explanations.ts";
export { gatherCollateral } from "./kds/gather-collateral.ts";
export { createKdsClient } from "./kds/kds-client.ts";
export { createMemoryStore } from "./kds/memory-store.ts";
export { chainPath, crlPath, vcekPath } from "./kds/kds-urls.ts";
export { cpuModelKey, productOfCpu } from "./report/product.ts";
export { leftOut, strictPolicy } from "./validate/report-policy.ts";
export { parseReport } from "./report/report.ts";
export { amdRoots, simulatedRoot } from "./certificates/roots.ts";
export { validateReport } from "./validate/validate-report.ts";
export { verifyReport } from "./verify/verify-report.ts";
export type { Appraisal, Evidence, EvidenceExpectation } from "./verify/appraise.ts";
export type { AttestationCode, AttestationErrorData, CodeKind } from "./attestation-error.ts";
export type { Certificate, CertificateExtension, NameAttribute } from "./certificates/certificate.ts";
export type { CertificateRevocationList } from "./certificates/certificate-revocation-list.ts";
export type { TableContents, TableEntry, TableEntryKind } from "./certificates/certificate-table.ts";
export type { RevocationPolicy, RevocationStatus, Tolerance } from "./certificates/revocation.ts";
export type { Signer } from "./certificates/roles.ts";
export type {
  EncryptionJwk,
  Purpose,
  ReleaseClaims,
  ResultClaims,
  RuntimeClaims,
  SessionClaims,
} from "./verify/claims.ts";
export type { GuestPolicy, PlatformInfo } from "./report/guest-policy.ts";
export type { HclReport } from "./azure/hcl-report.ts";
export type { HostAmdCert } from "./azure/host-amd-cert.ts";
export type { UvmExpectation, VerifiedUvmEndorsement } from "./azure/uvm-endorsement.ts";
export type { MaaClaims, Verdict } from "./azure/maa-claims.ts";
export type {
  KeySetRequest,
  KeySetSource,
  MaaAuthority,
  MaaVerifyOptions,
  VerifiedMaaToken,
} from "./azure/maa-token.ts";
export type { MaaTokenPolicy, NonceRule } from "./azure/maa-token-policy.ts";
export type { MaaFinding, MaaFindingCode } from "./azure/validate-maa-token.ts";
export type { JsonObject, JsonValue } from "./encoding/strict-json.ts";
export type { EvidenceField, FieldGroup, FieldName } from "./explain/evidence-fields.ts";
export type { ExplainedEvidence, ExplainedField, ExplainedGroup } from "./explain/explain-report.ts";
export type { Failure } from "./explain/failure-fields.ts";
export type { FieldSources } from "./explain/field-values.ts";
export type { GatheredEvidence, GatherOptions, NotObtained } from "./kds/gather-collateral.ts";
export type { CollateralStore, KdsClient, KdsOptions, ObtainedCrl } from "./kds/kds-client.ts";
export type { Fetch } from "./kds/kds-request.ts";
export type { CpuModelKey, Product, TcbComponent } from "./report/product.ts";
export type { AnyOf, Permission, Unchecked } from "./validate/policy-rules.ts";
export type {
  BitRule,
  GuestPolicyBit,
  PlatformInfoBit,
  ReportPolicy,
  StrictPolicyInput,
  TcbFloors,
} from "./validate/report-policy.ts";
export type { AttestationReport, FirmwareVersion } from "./report/report.ts";
export type { HardwareRoot, TrustedRoots } from "./certificates/roots.ts";
export type { TcbComponents, TcbVersion } from "./report/tcb.ts";
export type { Finding, FindingCode } from "./validate/validate-report.ts";
export type { CertificateFacts, ReportEvidence, VerifiedReport, VerifyOptions } from "./verify/verify-report.ts";
