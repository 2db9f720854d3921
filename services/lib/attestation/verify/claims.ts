// The runtime claims document, proto/FORMATS.md section 1. It is hashed as it was sent and never written again, so every document has
// exactly one spelling that is accepted.
import { AttestationError } from "../attestation-error.ts";
import { decodeBase64, encodeBase64Url } from "../encoding/base64.ts";
import { byteAt, type Bytes, copyOf, fromHex, sha256 } from "../encoding/bytes.ts";

/** What evidence was made for; evidence for one purpose is refused for another. */
export type Purpose = "release" | "peer" | "reader" | "result";

/** The RSA-3072 key that a broker wraps released keys to, as a JWK (RFC 7517). `kid` is its RFC 7638 thumbprint. */
export interface EncryptionJwk {
  readonly kty: "RSA";
  readonly kid: string;
  readonly key_ops: readonly ["encrypt"];
  readonly n: string;
  readonly e: "AQAB";
}

interface ClaimsBase {
  /** For whom the evidence was made: `<party>/broker:<key>`, a workload, or `anyone`. */
  readonly audience: string;
  /** SHA-256 of the SubjectPublicKeyInfo of the workload's TLS key, 32 bytes; `null` when TLS is off by configuration. */
  readonly tlsSpkiSha256: Uint8Array | null;
  /** The document as JSON, for those who show or map it. */
  readonly document: Readonly<Record<string, unknown>>;
}

interface RunClaims {
  /** Raw Ed25519 public key of 32 bytes that signs the run's result. */
  readonly resultKey: Uint8Array;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly contract: string;
  readonly query: string;
  /** 32 hexadecimal digits. */
  readonly run: string;
}

/** Claims with which a workload asks a broker for keys. */
export interface ReleaseClaims extends ClaimsBase, RunClaims {
  readonly purpose: "release";
  /** The verifier's 32 bytes. */
  readonly nonce: Uint8Array;
  readonly key: EncryptionJwk;
}

/** Claims for a verifier that the workload called itself, or for a stranger. */
export interface SessionClaims extends ClaimsBase {
  readonly purpose: "peer" | "reader";
  /** The verifier's 32 bytes. */
  readonly nonce: Uint8Array;
}

/** Claims that go with a result, for anyone at any time: without a nonce. */
export interface ResultClaims extends ClaimsBase, RunClaims {
  readonly purpose: "result";
  /** SHA-256 of the result document, 64 hexadecimal digits. */
  readonly resultSha256: string;
}

/** The runtime claims, by purpose. */
export type RuntimeClaims = ReleaseClaims | SessionClaims | ResultClaims;

const MAX_CLAIMS_SIZE = 16_384;

const runMembers = ["result_key", "contract", "query", "run"] as const;
/** The members of `sealmesh` beside v, purpose, audience and tls_spki_sha256, all of them required, and whether `keys` is. */
const membersOf = {
  release: { keys: true, members: ["nonce", ...runMembers] },
  peer: { keys: false, members: ["nonce"] },
  reader: { keys: false, members: ["nonce"] },
  result: { keys: false, members: [...runMembers, "result_sha256"] },
} as const satisfies Record<Purpose, { keys: boolean; members: readonly string[] }>;

/**
 * Parses a claims document: UTF-8 without a byte order mark, compact JSON in the one form that `JSON.stringify` gives it (which refuses
 * duplicate members and white space), no unknown member, and exactly the members of its purpose. Throws CLAIMS_MALFORMED with the path.
 */
export async function parseClaims(bytes: Uint8Array): Promise<RuntimeClaims> {
  const document = objectAt("$", compactJson(copyOf(bytes)));
  const sealmesh = objectAt("$.sealmesh", document["sealmesh"]);
  const purpose = purposeOf(sealmesh["purpose"]);
  const { keys, members } = membersOf[purpose];
  requireMembers("$", document, keys ? ["keys", "sealmesh"] : ["sealmesh"]);
  requireMembers("$.sealmesh", sealmesh, ["v", "purpose", "audience", "tls_spki_sha256", ...members]);
  if (sealmesh["v"] !== 1) throw malformed("$.sealmesh.v", "1", sealmesh["v"]);

  const text = (member: string, pattern: RegExp, what: string) =>
    textAt(`$.sealmesh.${member}`, sealmesh[member], pattern, what);
  const hex64 = (member: string) => text(member, /^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits");
  const nonce = () => bytesAt("$.sealmesh.nonce", sealmesh["nonce"], 32);
  const base: ClaimsBase = {
    audience: text("audience", /^[\x21-\x7e]{1,256}$/, "1 to 256 printable ASCII characters"),
    tlsSpkiSha256: sealmesh["tls_spki_sha256"] === null ? null : fromHex(hex64("tls_spki_sha256")),
    document,
  };
  const run = (): RunClaims => ({
    resultKey: resultKeyAt("$.sealmesh.result_key", sealmesh["result_key"]),
    contract: text("contract", /^sha256:[0-9a-f]{64}$/, "sha256: and 64 lower-case hexadecimal digits"),
    query: text("query", /^[a-z][a-z0-9_-]{0,62}$/, "a name"),
    run: text("run", /^[0-9a-f]{32}$/, "32 lower-case hexadecimal digits"),
  });
  if ((purpose === "reader" || purpose === "result") && base.audience !== "anyone") {
    throw malformed("$.sealmesh.audience", "anyone", base.audience);
  }
  if (purpose === "release") {
    return { ...base, ...run(), purpose, nonce: nonce(), key: await encryptionKeyAt("$.keys", document["keys"]) };
  }
  if (purpose === "result") return { ...base, ...run(), purpose, resultSha256: hex64("result_sha256") };
  return { ...base, purpose, nonce: nonce() };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function compactJson(bytes: Bytes): unknown {
  if (bytes.length > MAX_CLAIMS_SIZE) throw malformed("$", `at most ${MAX_CLAIMS_SIZE} bytes`, bytes.length);
  let text: string;
  let value: unknown;
  let compact: string | undefined;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
    compact = JSON.stringify(value);
  } catch (error) {
    // Not UTF-8, not JSON, or nested deeper than the stack.
    throw new AttestationError("CLAIMS_MALFORMED", "claims are not UTF-8 JSON", { path: "$" }, { cause: error });
  }
  if (compact !== text) throw malformed("$", "compact JSON without duplicate members", "another spelling");
  return value;
}

function purposeOf(value: unknown): Purpose {
  if (value === "release" || value === "peer" || value === "reader" || value === "result") return value;
  throw malformed("$.sealmesh.purpose", "release, peer, reader or result", value);
}

function objectAt(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw malformed(path, "an object", value);
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Exactly these members, in any order. Own ones: a member called `__proto__` is one of them and is refused like any other stranger. */
function requireMembers(path: string, value: Readonly<Record<string, unknown>>, members: readonly string[]): void {
  for (const member of Object.keys(value)) {
    if (!members.includes(member)) throw malformed(`${path}.${member}`, "no such member", value[member]);
  }
  for (const member of members) {
    if (!Object.hasOwn(value, member)) throw malformed(`${path}.${member}`, "a value", undefined);
  }
}

function textAt(path: string, value: unknown, pattern: RegExp, what: string): string {
  if (typeof value !== "string" || !pattern.test(value)) throw malformed(path, what, value);
  return value;
}

function bytesAt(path: string, value: unknown, length: number): Bytes {
  const bytes = typeof value === "string" ? decodeBase64(value, "base64url") : null;
  if (bytes?.length !== length) throw malformed(path, `${length} bytes in base64url`, value);
  return bytes;
}

function resultKeyAt(path: string, value: unknown): Bytes {
  const jwk = objectAt(path, value);
  requireMembers(path, jwk, ["kty", "crv", "x"]);
  if (jwk["kty"] !== "OKP") throw malformed(`${path}.kty`, "OKP", jwk["kty"]);
  if (jwk["crv"] !== "Ed25519") throw malformed(`${path}.crv`, "Ed25519", jwk["crv"]);
  return bytesAt(`${path}.x`, jwk["x"], 32);
}

const RSA_MODULUS_SIZE = 384;

async function encryptionKeyAt(path: string, value: unknown): Promise<EncryptionJwk> {
  if (!Array.isArray(value) || value.length !== 1) throw malformed(path, "exactly one key", value);
  const at = `${path}[0]`;
  const jwk = objectAt(at, value[0]);
  requireMembers(at, jwk, ["kty", "kid", "key_ops", "n", "e"]);
  if (jwk["kty"] !== "RSA") throw malformed(`${at}.kty`, "RSA", jwk["kty"]);
  if (jwk["e"] !== "AQAB") throw malformed(`${at}.e`, "AQAB", jwk["e"]);
  if (JSON.stringify(jwk["key_ops"]) !== '["encrypt"]') throw malformed(`${at}.key_ops`, '["encrypt"]', jwk["key_ops"]);
  const modulus = bytesAt(`${at}.n`, jwk["n"], RSA_MODULUS_SIZE);
  // A modulus of 3072 bits has its first bit set, and none is even.
  if (byteAt(modulus, 0) < 0x80 || byteAt(modulus, RSA_MODULUS_SIZE - 1) % 2 === 0)
    throw malformed(`${at}.n`, "a modulus of 3072 bits", jwk["n"]);
  const n = encodeBase64Url(modulus);
  const kid = await rsaThumbprint(n);
  if (jwk["kid"] !== kid) throw malformed(`${at}.kid`, kid, jwk["kid"]);
  return { kty: "RSA", kid, key_ops: ["encrypt"], n, e: "AQAB" };
}

/** RFC 7638: SHA-256 of the required members in lexical order. */
async function rsaThumbprint(n: string): Promise<string> {
  const members = new TextEncoder().encode(JSON.stringify({ e: "AQAB", kty: "RSA", n }));
  return encodeBase64Url(await sha256(copyOf(members)));
}

function malformed(path: string, expected: string, value: unknown): AttestationError {
  // Claims are public; a long or nested value is cut, since the path already says where it is.
  const seen = value === undefined ? "missing" : JSON.stringify(value).slice(0, 100);
  return new AttestationError("CLAIMS_MALFORMED", `${path} is ${seen}, want ${expected}`, { path, expected, seen });
}
