import { AttestationError, checkTcbm, parseHostAmdCert, parseReport } from "#attestation";
import { PlatformError } from "./platform-error.ts";
import { readSecurityContext, type SecurityContextPlace } from "./security-context.ts";
import type { SecureProcessor } from "./secure-processor.ts";

/** The host's certificates, when they are for the report's TCB. The host may have newer firmware than what it keeps. */
const certificatesFor = (report: Uint8Array, hostAmdCert: Uint8Array): readonly Uint8Array[] => {
  try {
    const parsed = parseHostAmdCert(hostAmdCert);
    checkTcbm(parseReport(report), parsed);
    return parsed.certificates;
  } catch (cause) {
    if (!(cause instanceof AttestationError)) throw cause;
    const code = cause.code === "EVIDENCE_COLLATERAL_STALE" ? "COLLATERAL_STALE" : "COLLATERAL_UNUSABLE";
    throw new PlatformError(code, `security context: ${cause.message}`, {}, { cause });
  }
};

/** Adds what Azure's utility VM keeps in the security context to the reports of a source, in the place of what the source gave itself. */
export const createEndorsedProcessor = (processor: SecureProcessor, place: SecurityContextPlace): SecureProcessor => ({
  hardwareRoot: processor.hardwareRoot,
  async report(reportData, document) {
    const [own, { hostAmdCert, referenceInfo, securityPolicy }] = await Promise.all([
      processor.report(reportData, document),
      readSecurityContext(place),
    ]);
    return {
      ...own,
      ...(hostAmdCert && { certificates: certificatesFor(own.report, hostAmdCert) }),
      ...(referenceInfo && { uvmEndorsement: referenceInfo }),
      ...(securityPolicy && { policyDocument: securityPolicy }),
    };
  },
  close: () => processor.close(),
});
