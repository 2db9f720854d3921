// `host-amd-cert-base64` of Azure's security context: what the host had of AMD's certificates, from its instance metadata service (THIM).
import { AttestationError, mismatch } from "../attestation-error.ts";
import { type Bytes, copyOf, fromHex } from "../encoding/bytes.ts";
import { certificatesFrom } from "../encoding/pem.ts";
import { isJsonObject, parseStrictJson } from "../encoding/strict-json.ts";
import type { AttestationReport } from "../report/report.ts";

/** Certificates as the host had them, and the TCB that it fetched them for. */
export interface HostAmdCert {
  /** DER: the leaf, then the chain in the order of the file. */
  readonly certificates: readonly Bytes[];
  /** The TCB_VERSION as an integer, as `AttestationReport.reportedTcb.value` has it. */
  readonly tcbm: bigint;
  /** How long the host keeps them, in seconds; `null` when it does not say. */
  readonly cacheSeconds: number | null;
}

const MAX_SIZE = 65_536;
const encoder = new TextEncoder();

/** Parses the file, decoded from its base64 text. Throws HOST_CERTIFICATES_MALFORMED, CERTIFICATE_MALFORMED. */
export function parseHostAmdCert(bytes: Uint8Array): HostAmdCert {
  if (bytes.length > MAX_SIZE) throw malformed(`${bytes.length} bytes, want at most ${MAX_SIZE}`);
  const document = parseStrictJson(copyOf(bytes), malformed);
  if (!isJsonObject(document)) throw malformed("not an object");
  const { vcekCert, tcbm, certificateChain, cacheControl } = document;
  if (typeof vcekCert !== "string" || typeof certificateChain !== "string") {
    throw malformed("vcekCert or certificateChain is no text");
  }
  if (typeof tcbm !== "string" || !/^[0-9A-F]{16}$/.test(tcbm)) throw malformed("tcbm is not 16 hexadecimal digits");
  // Seconds as a text; real hosts have been seen to leave it out.
  const isSeconds = typeof cacheControl === "string" && /^[0-9]{1,10}$/.test(cacheControl);
  if (cacheControl !== undefined && !isSeconds) throw malformed("cacheControl is not a text of seconds");
  const leaf = certificatesFrom(encoder.encode(vcekCert));
  if (leaf.length !== 1) throw malformed(`vcekCert holds ${leaf.length} certificates`);
  return {
    certificates: [...leaf, ...certificatesFrom(encoder.encode(certificateChain))],
    tcbm: new DataView(fromHex(tcbm).buffer).getBigUint64(0),
    cacheSeconds: isSeconds ? Number(cacheControl) : null,
  };
}

/**
 * Checks that the host's certificates are for the TCB that the report has now: its firmware may be newer than what it keeps. Throws
 * EVIDENCE_COLLATERAL_STALE: the endorsements have to be fetched again; nothing is wrong with the report.
 */
export function checkTcbm({ reportedTcb }: AttestationReport, { tcbm }: HostAmdCert): void {
  if (reportedTcb.value === tcbm) return;
  throw mismatch("EVIDENCE_COLLATERAL_STALE", "tcbm", hex64(reportedTcb.value), hex64(tcbm));
}

function hex64(value: bigint): string {
  return value.toString(16).toUpperCase().padStart(16, "0");
}

function malformed(reason: string): AttestationError {
  return new AttestationError("HOST_CERTIFICATES_MALFORMED", `host-amd-cert is refused: ${reason}`);
}
