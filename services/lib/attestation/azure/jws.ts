// RFC 7515 compact serialization with the one algorithm of Microsoft Azure Attestation. The header's jwk, x5c and x5u are never read: a
// key that comes with a signature proves nothing.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { decodeBase64 } from "../encoding/base64.ts";
import { type Bytes, copyOf } from "../encoding/bytes.ts";
import { isJsonObject, type JsonObject, jsonText, parseStrictJson } from "../encoding/strict-json.ts";
import type { RsaPublicKey } from "./jwks.ts";

/** Real tokens have 4 to 6 KiB; the runtime data in them is the workload's and may be longer. */
const MAX_TOKEN_LENGTH = 65_536;

/** A token taken apart and not verified: nothing in it is true yet. */
export interface Jws {
  /** Compared as text and never decoded: it is standard base64 with its `=` where everything else is base64url. */
  readonly keyId: string;
  /** Where the token says that its key set is (`jku`), never fetched; `null` when it does not say. */
  readonly keySetUrl: string | null;
  readonly claims: JsonObject;
  readonly signed: Bytes;
  readonly signature: Bytes;
}

/** Takes a token apart. Throws TOKEN_MALFORMED, TOKEN_ALGORITHM. */
export function parseJws(token: string): Jws {
  if (token.length > MAX_TOKEN_LENGTH) throw malformed(`more than ${MAX_TOKEN_LENGTH} characters`);
  const parts = token.split(".");
  const [header, payload, signature] = parts.map((part) => decodeBase64(part, "base64url"));
  if (parts.length !== 3 || !header || !payload || !signature) {
    throw malformed("not three parts of base64url without padding");
  }
  const { alg, crit, typ, kid, jku } = objectOf(header, "header");
  if (alg !== "RS256") throw mismatch("TOKEN_ALGORITHM", "alg", "RS256", jsonText(alg));
  // RFC 7515 section 4.1.11: extensions that must be understood. There are none that are.
  if (crit !== undefined) throw mismatch("TOKEN_ALGORITHM", "crit", "none", jsonText(crit));
  if (typ !== undefined && typ !== "JWT") throw malformed("typ is not JWT");
  if (typeof kid !== "string") throw malformed("kid is not a text");
  if (jku !== undefined && typeof jku !== "string") throw malformed("jku is not a text");
  return {
    keyId: kid,
    keySetUrl: jku ?? null,
    claims: objectOf(payload, "claims"),
    signed: copyOf(new TextEncoder().encode(token.slice(0, token.lastIndexOf(".")))),
    signature,
  };
}

/** True when the key has signed: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3). */
export async function isSignedWith({ signed, signature }: Jws, { n, e }: RsaPublicKey): Promise<boolean> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("jwk", { kty: "RSA", n, e }, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm.name, key, signature, signed);
}

function objectOf(bytes: Bytes, part: string): JsonObject {
  const value = parseStrictJson(bytes, (reason) => malformed(`${part}: ${reason}`));
  if (!isJsonObject(value)) throw malformed(`${part} is not an object`);
  return value;
}

function malformed(reason: string): AttestationError {
  return new AttestationError("TOKEN_MALFORMED", `token: ${reason}`);
}
