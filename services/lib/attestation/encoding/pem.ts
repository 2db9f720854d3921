import { AttestationError } from "../attestation-error.ts";
import { decodeBase64 } from "./base64.ts";
import { copyOf } from "./bytes.ts";
import { parseCertificate } from "../certificates/certificate.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/**
 * Reads certificates from one DER certificate, or from PEM text with one or more and nothing else (RFC 7468, strict; lines may end
 * with CRLF). Returns DER, each parsed once to be sure of it. Throws CERTIFICATE_MALFORMED.
 */
export function certificatesFrom(bytes: Uint8Array): readonly Uint8Array<ArrayBuffer>[] {
  // A certificate is a SEQUENCE; no text starts with 0x30 0x82 or 0x30 0x81, because neither 0x81 nor 0x82 is ASCII.
  const isDer = bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80;
  const certificates = isDer ? [copyOf(bytes)] : pemBlocks(bytes);
  for (const der of certificates) parseCertificate(der);
  return certificates;
}

function pemBlocks(bytes: Uint8Array): readonly Uint8Array<ArrayBuffer>[] {
  const lines = asciiLines(bytes);
  const certificates: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < lines.length;) {
    if (lines[at] === "") {
      at += 1;
      continue;
    }
    if (lines[at] !== BEGIN) throw notPem(`line ${at + 1} is not ${BEGIN}`);
    const end = lines.indexOf(END, at);
    if (end < 0) throw notPem(`no ${END} behind line ${at + 1}`);
    const body = lines.slice(at + 1, end);
    if (body.some((line) => line.length === 0 || line.length > 64)) throw notPem(`broken line behind line ${at + 1}`);
    const der = decodeBase64(body.join(""), "base64");
    if (der === null) throw notPem(`not base64 behind line ${at + 1}`);
    certificates.push(der);
    at = end + 1;
  }
  if (certificates.length === 0) throw notPem("no certificate");
  return certificates;
}

function asciiLines(bytes: Uint8Array): readonly string[] {
  if (bytes.some((byte) => byte > 0x7e)) throw notPem("not ASCII");
  return new TextDecoder().decode(copyOf(bytes)).split(/\r?\n/);
}

function notPem(message: string): AttestationError {
  return new AttestationError("CERTIFICATE_MALFORMED", `neither DER nor PEM: ${message}`);
}
