// RFC 7517 key sets as Microsoft Azure Attestation publishes them under /certs: entries of kid, kty and x5c, without n and e. The
// certificates are self-signed and valid for decades, so nothing about them is judged: what is trusted is the set, as it was received.
import { AttestationError } from "../attestation-error.ts";
import { wholeBytes } from "../certificates/certificate.ts";
import { decodeBase64, encodeBase64Url } from "../encoding/base64.ts";
import { byteAt, type Bytes, equalBytes, fromHex } from "../encoding/bytes.ts";
import { derContent, derElements, derFields, derTag, derUnsigned } from "../encoding/der.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "../encoding/strict-json.ts";

/** An RSA key of 2048 to 8192 bits with exponent 65537, in the members of a JWK. */
export interface RsaPublicKey {
  readonly n: string;
  readonly e: "AQAB";
}

const MAX_KEY_SET_SIZE = 262_144;
const EXPONENT = fromHex("010001");
/** AlgorithmIdentifier of rsaEncryption (RFC 3279 section 2.3.1). */
const RSA_ENCRYPTION = fromHex("300d06092a864886f70d0101010500");

/**
 * The keys of a set that have this `kid` and are for RS256 signatures. Other entries are passed over: a set also holds keys of other
 * kinds and for other uses. Throws TOKEN_KEYS_MALFORMED.
 */
export function keysOf(keySet: Uint8Array, kid: string): readonly RsaPublicKey[] {
  if (keySet.length > MAX_KEY_SET_SIZE) throw malformed(`more than ${MAX_KEY_SET_SIZE} bytes`);
  const document = parseStrictJson(keySet, malformed);
  const keys = isJsonObject(document) ? document["keys"] : undefined;
  if (!Array.isArray(keys)) throw malformed("no list of keys");
  return keys
    .filter(isJsonObject)
    .filter((jwk) => jwk["kid"] === kid && jwk["kty"] === "RSA")
    .filter((jwk) => isAbsentOr(jwk, "use", "sig") && isAbsentOr(jwk, "alg", "RS256"))
    .map(keyOf);
}

function isAbsentOr(jwk: JsonObject, member: string, value: string): boolean {
  return jwk[member] === undefined || jwk[member] === value;
}

function keyOf(jwk: JsonObject): RsaPublicKey {
  const { x5c, n, e } = jwk;
  if (x5c === undefined) return checkedKey(bytesOf(n, "base64url"), bytesOf(e, "base64url"));
  const first = Array.isArray(x5c) ? x5c[0] : undefined;
  const key = certificateKey(bytesOf(first, "base64"));
  // RFC 7517 section 4.7: the certificate's key and the members describe one key.
  if (isAbsentOr(jwk, "n", key.n) && isAbsentOr(jwk, "e", key.e)) return key;
  throw malformed("x5c has another key than n and e");
}

/**
 * The key of an X.509 certificate, read as DER and as nothing else: Microsoft's certificates carry an SGX quote with PEM text in it, and
 * a reader that looks for PEM first finds another certificate there. The extensions are not parsed.
 */
function certificateKey(der: Bytes): RsaPublicKey {
  const { sequence, bitString, integer } = derTag;
  try {
    const [tbs] = derFields(derContent(der, sequence), [sequence, sequence, bitString]);
    // RFC 5280 section 4.1: version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo.
    const [version, , , , , , spki] = derElements(tbs.content);
    if (version?.tag !== derTag.context0 || spki === undefined)
      throw malformed("not an X.509 certificate of version 3");
    const [algorithm, key] = derFields(derContent(spki.encoded, sequence), [sequence, bitString]);
    if (!equalBytes(algorithm.encoded, RSA_ENCRYPTION)) throw malformed("not an RSA key");
    const [modulus, exponent] = derFields(derContent(wholeBytes(key), sequence), [integer, integer]);
    return checkedKey(withoutSign(derUnsigned(modulus.content)), derUnsigned(exponent.content));
  } catch (error) {
    if (!(error instanceof AttestationError) || error.code !== "CERTIFICATE_MALFORMED") throw error;
    throw malformed(`x5c is not a DER certificate: ${error.message}`, { cause: error });
  }
}

/** A DER integer whose first bit is one has a zero byte before it; JWK has none (RFC 7518 section 6.3.1.1). */
function withoutSign(integer: Bytes): Bytes {
  return byteAt(integer, 0) === 0 ? integer.subarray(1) : integer;
}

function checkedKey(modulus: Bytes, exponent: Bytes): RsaPublicKey {
  const isWhole = modulus.length >= 256 && modulus.length <= 1024 && byteAt(modulus, 0) >= 0x80;
  if (!isWhole || byteAt(modulus, modulus.length - 1) % 2 === 0) throw malformed("not a modulus of 2048 to 8192 bits");
  if (!equalBytes(exponent, EXPONENT)) throw malformed("exponent is not 65537");
  return { n: encodeBase64Url(modulus), e: "AQAB" };
}

function bytesOf(value: unknown, kind: "base64" | "base64url"): Bytes {
  const bytes = typeof value === "string" ? decodeBase64(value, kind) : null;
  if (bytes === null) throw malformed(`the key is not in ${kind}`);
  return bytes;
}

function malformed(reason: string, options: ErrorOptions = {}): AttestationError {
  return new AttestationError("TOKEN_KEYS_MALFORMED", `key set of the authority: ${reason}`, {}, options);
}
