// The door of the attestation core: bytes in, verdict out. It runs in Node and in browsers and imports nothing.
export { appraiseEvidence } from "./appraise.ts";
export { AttestationError, codeKind } from "./attestation-error.ts";
export { reportDataOf } from "./binding.ts";
export { parseCertificate, spkiSha256 } from "./certificate.ts";
export { parseClaims } from "./claims.ts";
export { maaClaims } from "./maa-claims.ts";
export { certificatesFrom } from "./pem.ts";
export { cpuModelKey, productOfCpu } from "./product.ts";
export { strictPolicy } from "./report-policy.ts";
export { parseReport } from "./report.ts";
export { amdRoots, simulatedRoot } from "./roots.ts";
export { validateReport } from "./validate-report.ts";
export { verifyReport } from "./verify-report.ts";
export type { Appraisal, Evidence, EvidenceExpectation } from "./appraise.ts";
export type { AttestationCode, AttestationErrorData, CodeKind } from "./attestation-error.ts";
export type { Certificate, CertificateExtension, NameAttribute } from "./certificate.ts";
export type { EncryptionJwk, Purpose, ReleaseClaims, ResultClaims, RuntimeClaims, SessionClaims } from "./claims.ts";
export type { GuestPolicy, PlatformInfo } from "./guest-policy.ts";
export type { MaaClaims, Verdict } from "./maa-claims.ts";
export type { CpuModelKey, Product, TcbComponent } from "./product.ts";
export type {
  AnyOf,
  BitRule,
  GuestPolicyBit,
  Permission,
  PlatformInfoBit,
  ReportPolicy,
  StrictPolicyInput,
  TcbFloors,
  Unchecked,
} from "./report-policy.ts";
export type { AttestationReport, FirmwareVersion } from "./report.ts";
export type { HardwareRoot, TrustedRoots } from "./roots.ts";
export type { TcbComponents, TcbVersion } from "./tcb.ts";
export type { Finding, FindingCode } from "./validate-report.ts";
export type { CertificateFacts, ReportEvidence, VerifiedReport, VerifyOptions } from "./verify-report.ts";
