// Evidence of an Azure confidential VM: the paravisor asked for the report when the machine started, over a document of its own that holds
// the key of the virtual TPM (TPM index 0x01400001). The report is as old as the boot; what is fresh is a quote that the TPM signs.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { byteAt, type Bytes, copyOf, equalBytes, toHex } from "../encoding/bytes.ts";
import { isJsonObject, type JsonValue, parseStrictJson } from "../encoding/strict-json.ts";
import { REPORT_SIZE } from "../report/report.ts";
import { verifyBinding } from "../verify/binding.ts";
import type { VerifiedReport } from "../verify/verify-report.ts";

/** What the paravisor put into the TPM. Nothing of it is true before the report is verified and `checkHclBinding` holds. */
export interface HclReport {
  /** ATTESTATION_REPORT, 1184 bytes. */
  readonly report: Bytes;
  /** The document, exact bytes: REPORT_DATA is its SHA-256, then 32 zeros. */
  readonly runtimeData: Bytes;
  /** Modulus and exponent of the attestation key of the TPM, base64url. */
  readonly attestationKey: { readonly n: string; readonly e: string };
}

const MAX_SIZE = 65_536;
const REPORT_AT = 0x20;
const RUNTIME_AT = REPORT_AT + REPORT_SIZE;
const RUNTIME_HEADER = 20;
/** Types of report and of hash: SEV-SNP, SHA-256. */
const SEV_SNP = 2;
const SHA_256 = 1;

/** Takes the bytes of the TPM index apart; behind the document there may be anything. Throws HCL_REPORT_MALFORMED. */
export function parseHclReport(bytes: Uint8Array): HclReport {
  if (bytes.length < RUNTIME_AT + RUNTIME_HEADER || bytes.length > MAX_SIZE) throw malformed(`${bytes.length} bytes`);
  const hcl = copyOf(bytes);
  const view = new DataView(hcl.buffer);
  if (toHex(hcl.subarray(0, 4)) !== "48434c41") throw malformed("it does not begin with HCLA");
  const [type, hash, length] = [8, 12, 16].map((at) => view.getUint32(RUNTIME_AT + at, true));
  if (type !== SEV_SNP) throw malformed(`report type ${type}, want ${SEV_SNP}`);
  if (hash !== SHA_256) throw malformed(`hash type ${hash}, want ${SHA_256}`);
  const from = RUNTIME_AT + RUNTIME_HEADER;
  if (length === undefined || from + length > hcl.length) throw malformed(`${length} bytes of runtime data`);
  const runtimeData = hcl.slice(from, from + length);
  return { report: hcl.slice(REPORT_AT, RUNTIME_AT), runtimeData, attestationKey: attestationKeyOf(runtimeData) };
}

/** Checks that a genuine report was made over exactly this document. Throws EVIDENCE_REPORT_DATA. */
export function checkHclBinding(verified: VerifiedReport, { runtimeData }: HclReport): Promise<void> {
  return verifyBinding(verified, runtimeData);
}

function attestationKeyOf(runtimeData: Bytes): HclReport["attestationKey"] {
  const document = parseStrictJson(runtimeData, (reason) => malformed(`runtime data is not strict JSON: ${reason}`));
  const keys = isJsonObject(document) ? document["keys"] : undefined;
  const found = Array.isArray(keys) ? keys.filter(isAttestationKey) : [];
  const [key, ...more] = found;
  if (key === undefined || more.length > 0) throw malformed(`${found.length} keys with the kid HCLAkPub`);
  const { kty, n, e } = key;
  if (kty !== "RSA" || typeof n !== "string" || typeof e !== "string") throw malformed("HCLAkPub is no RSA key");
  return { n, e };
}

function isAttestationKey(key: JsonValue): key is { readonly [member: string]: JsonValue } {
  return isJsonObject(key) && key["kid"] === "HCLAkPub";
}

/**
 * Verifies a quote of the TPM: signed by the attestation key, made over this nonce (TPM 2.0 library, part 2: TPM2B_ATTEST, then
 * TPMT_SIGNATURE with RSASSA and SHA-256). What the PCRs hold is not judged. Throws QUOTE_MALFORMED, QUOTE_SIGNATURE, EVIDENCE_NONCE.
 */
export async function verifyTpmQuote(
  quote: Uint8Array,
  { attestationKey }: HclReport,
  nonce: Uint8Array,
): Promise<void> {
  const { attest, extraData, signature } = parseQuote(copyOf(quote));
  const expected = copyOf(nonce);
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await importKey(attestationKey, algorithm);
  if (!(await crypto.subtle.verify(algorithm.name, key, signature, attest))) {
    throw new AttestationError("QUOTE_SIGNATURE", "the quote's signature is not of the TPM's key", { field: "quote" });
  }
  if (!equalBytes(extraData, expected)) throw mismatch("EVIDENCE_NONCE", "nonce", toHex(expected), toHex(extraData));
}

async function importKey(
  key: HclReport["attestationKey"],
  algorithm: { readonly name: string; readonly hash: string },
) {
  try {
    return await crypto.subtle.importKey("jwk", { kty: "RSA", ...key }, algorithm, false, ["verify"]);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new AttestationError(
      "QUOTE_SIGNATURE",
      "the TPM's key is no RSA key",
      { field: "HCLAkPub" },
      { cause: error },
    );
  }
}

/** TPM_GENERATED_VALUE and TPM_ST_ATTEST_QUOTE. */
const QUOTE_MAGIC = "ff5443478018";
/** TPM_ALG_RSASSA and TPM_ALG_SHA256. */
const RSASSA_SHA256 = "0014000b";

function parseQuote(quote: Bytes): { readonly attest: Bytes; readonly extraData: Bytes; readonly signature: Bytes } {
  let at = 0;
  const take = (length: number): Bytes => {
    if (length > quote.length - at) throw badQuote("it is cut short");
    at += length;
    return quote.subarray(at - length, at);
  };
  /** TPM2B: two bytes of length, most significant first, then that many. */
  const sized = (): Bytes => {
    const head = take(2);
    return take(byteAt(head, 0) * 256 + byteAt(head, 1));
  };
  const attest = sized();
  const behind = at;
  at = 2;
  if (toHex(take(6)) !== QUOTE_MAGIC) throw badQuote("it is no quote");
  sized(); // qualifiedSigner
  const extraData = sized();
  if (at > behind) throw badQuote("its parts are longer than it");
  at = behind;
  if (toHex(take(4)) !== RSASSA_SHA256) throw badQuote("it is not signed with RSASSA and SHA-256");
  const signature = sized();
  if (at !== quote.length) throw badQuote("bytes behind the signature");
  return { attest, extraData, signature };
}

function malformed(why: string): AttestationError {
  return new AttestationError("HCL_REPORT_MALFORMED", `HCL report is refused: ${why}`);
}

function badQuote(why: string): AttestationError {
  return new AttestationError("QUOTE_MALFORMED", `TPM quote is refused: ${why}`);
}
