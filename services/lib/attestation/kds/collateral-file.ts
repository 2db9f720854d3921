import { AttestationError } from "../attestation-error.ts";
import { parseHostAmdCert } from "../azure/host-amd-cert.ts";
import { decodeBase64 } from "../encoding/base64.ts";
import { copyOf } from "../encoding/bytes.ts";
import { certificatesFrom } from "../encoding/pem.ts";
import { parseCrl } from "../certificates/certificate-revocation-list.ts";
import { certificatesOfTable, parseCertificateTable, type TableContents } from "../certificates/certificate-table.ts";

const ascii = new TextDecoder("latin1");
const nothing: TableContents = { certificates: [], crls: [], ignored: [] };

/**
 * Takes certificates and CRLs out of a file of any form in which they are handed around: DER, PEM, a host's certificate table, Azure's
 * host-amd-cert (its JSON, or the base64 text of it). What it is shows in its bytes; names say nothing. Returns `null` for a file that is
 * none of these. Throws CERTIFICATE_MALFORMED for what begins as a certificate or a CRL and is none, so that a damaged one is not passed
 * over.
 */
export function collateralFrom(bytes: Uint8Array): TableContents | null {
  if (isDer(bytes)) return fromDer(bytes);
  const text = ascii.decode(copyOf(bytes.subarray(0, 64)));
  if (text.includes("-----BEGIN CERTIFICATE-----")) return { ...nothing, certificates: certificatesFrom(bytes) };
  return hostCertificates(bytes) ?? (isTable(bytes) ? certificatesOfTable(bytes) : null);
}

/** A SEQUENCE with a length of more than one byte, as certificates and CRLs are. */
function isDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80;
}

function fromDer(bytes: Uint8Array): TableContents {
  try {
    return { ...nothing, certificates: certificatesFrom(bytes) };
  } catch (error) {
    const crl = crlFrom(bytes);
    if (crl === null) throw error;
    return { ...nothing, crls: [crl] };
  }
}

function crlFrom(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
  try {
    return parseCrl(bytes).der;
  } catch (error) {
    if (error instanceof AttestationError) return null;
    throw error;
  }
}

function hostCertificates(bytes: Uint8Array): TableContents | null {
  const json = bytes[0] === 0x7b ? copyOf(bytes) : decodeBase64(ascii.decode(copyOf(bytes)).trim(), "base64");
  try {
    return json === null ? null : { ...nothing, certificates: parseHostAmdCert(json).certificates };
  } catch (error) {
    // Other JSON and other base64 is not meant to be this; certificates inside that do not parse are.
    if (error instanceof AttestationError && error.code === "HOST_CERTIFICATES_MALFORMED") return null;
    throw error;
  }
}

function isTable(bytes: Uint8Array): boolean {
  try {
    return parseCertificateTable(bytes).some(({ kind }) => kind !== null);
  } catch (error) {
    if (error instanceof AttestationError) return false;
    throw error;
  }
}
