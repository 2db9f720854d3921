// Is it genuine? A token of Microsoft Azure Attestation, judged by whoever relies on it. What the token says is judged in
// validate-maa-token.ts, and only after everything here holds.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { copyOf } from "../encoding/bytes.ts";
import { type JsonObject, jsonText } from "../encoding/strict-json.ts";
import { isCount, isUnchecked, type Unchecked } from "../validate/policy-rules.ts";
import { keysOf, type RsaPublicKey } from "./jwks.ts";
import { isSignedWith, type Jws, parseJws } from "./jws.ts";

/** Which key set is asked for. */
export interface KeySetRequest {
  readonly issuer: string;
  /** The key that is wanted, in the words of a token that nothing has verified yet: not to be put into a URL or a path. */
  readonly keyId: string;
  /** The set that was given before does not have the key. Anybody can cause this, so a source limits how often it fetches again. */
  readonly refresh: boolean;
}

/**
 * Where the key sets of an authority come from: the body of `<issuer>/certs`, fetched over TLS, or a copy of it. What it throws is thrown
 * on as it is.
 */
export type KeySetSource = (request: KeySetRequest) => Promise<Uint8Array>;

/** An attestation service that is trusted, and the keys by which it is known. */
export interface MaaAuthority {
  /** Exactly the `iss` of its tokens: `https://` and a name, without a slash at the end. */
  readonly issuer: string;
  /** A JSON Web Key Set as received, or where to get it. */
  readonly keys: Uint8Array | KeySetSource;
}

/** What a token is verified against. */
export interface MaaVerifyOptions {
  /** An empty list accepts nothing. */
  readonly authorities: readonly MaaAuthority[];
  readonly now: Date;
  /** How far the two clocks may be apart, in seconds, 0 to 300. */
  readonly clockSkewSeconds: number;
  /** The service's tokens live for eight hours, which is long; counted from `iat`. */
  readonly maximumAgeSeconds: number | Unchecked;
}

/** Not exported, so that no other module can write an object of this type. */
const genuine: unique symbol = Symbol("genuine");

/** A genuine token: an authority has signed it, and it is in time. `verifyMaaToken` alone makes it. */
export interface VerifiedMaaToken {
  readonly [genuine]: true;
  readonly issuer: string;
  readonly keyId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** All claims, exact: integers beyond 2^53 are bigints. */
  readonly claims: JsonObject;
  /** What was not checked, and why. */
  readonly notChecked: readonly string[];
}

/**
 * Verifies that a configured authority issued this token and that it is in time: form, algorithm, issuer, key, signature, times, in this
 * order. Throws TOKEN_MALFORMED, TOKEN_ALGORITHM, TOKEN_ISSUER, TOKEN_KEYS_MALFORMED, TOKEN_KEY_UNKNOWN, TOKEN_SIGNATURE,
 * TOKEN_NOT_YET_VALID, TOKEN_EXPIRED, TOKEN_TOO_OLD, and REFERENCE_VALUES_INCOMPLETE when the options are not whole.
 */
export async function verifyMaaToken(token: string, options: MaaVerifyOptions): Promise<VerifiedMaaToken> {
  const limits = limitsOf(options);
  const authorities = ownAuthorities(options);
  const jws = parseJws(token);
  const authority = authorityOf(jws, authorities);
  const keys = await findKeys(jws.keyId, authority);
  if (!(await isSignedWithOne(jws, keys))) {
    throw new AttestationError("TOKEN_SIGNATURE", "the token's signature is not of its authority's key", {
      field: "signature of the token",
    });
  }
  const { issuedAt, expiresAt } = checkTimes(jws.claims, limits);
  return Object.freeze<VerifiedMaaToken>({
    [genuine]: true,
    issuer: authority.issuer,
    keyId: jws.keyId,
    issuedAt: new Date(issuedAt * 1000),
    expiresAt: new Date(expiresAt * 1000),
    claims: jws.claims,
    notChecked: [
      "certificate of the authority's key: self-signed; the key set is trusted as it was received",
      ...(limits.ageUnchecked === null ? [] : [`age of the token: ${limits.ageUnchecked}`]),
    ],
  });
}

/** In seconds since 1970. */
interface Limits {
  readonly now: number;
  readonly skew: number;
  readonly maximumAge: number;
  /** Why the age is not limited. */
  readonly ageUnchecked: string | null;
}

/** Callers without types may leave anything out, and a comparison with NaN refuses nothing. */
function limitsOf({ now, clockSkewSeconds, maximumAgeSeconds }: MaaVerifyOptions): Limits {
  if (!(now instanceof Date) || Number.isNaN(now.getTime())) throw incomplete("now");
  if (!isCount(clockSkewSeconds) || clockSkewSeconds > 300) throw incomplete("clockSkewSeconds");
  if (!isUnchecked(maximumAgeSeconds) && !isCount(maximumAgeSeconds)) throw incomplete("maximumAgeSeconds");
  return {
    now: now.getTime() / 1000,
    skew: clockSkewSeconds,
    maximumAge: isUnchecked(maximumAgeSeconds) ? Infinity : maximumAgeSeconds,
    ageUnchecked: isUnchecked(maximumAgeSeconds) ? maximumAgeSeconds.unchecked : null,
  };
}

/** Key sets are copied, because the caller may still hold their bytes when they are read. */
function ownAuthorities({ authorities }: MaaVerifyOptions): readonly MaaAuthority[] {
  if (!Array.isArray(authorities)) throw incomplete("authorities");
  return authorities.map(({ issuer, keys }: MaaAuthority) => {
    if (!/^https:\/\/[\x21-\x7e]*[^/]$/.test(issuer)) throw incomplete("issuer of an authority");
    if (keys instanceof Uint8Array) return { issuer, keys: copyOf(keys) };
    if (typeof keys === "function") return { issuer, keys };
    throw incomplete("keys of an authority");
  });
}

function incomplete(field: string): AttestationError {
  return new AttestationError("REFERENCE_VALUES_INCOMPLETE", `${field} is unset or not of its form`, { field });
}

function authorityOf({ claims, keySetUrl }: Jws, authorities: readonly MaaAuthority[]): MaaAuthority {
  const { iss } = claims;
  const authority = authorities.find(({ issuer }) => issuer === iss);
  if (authority === undefined) {
    const known = authorities.map(({ issuer }) => issuer).join(" or ");
    throw mismatch("TOKEN_ISSUER", "iss", known === "" ? "nothing is accepted" : known, jsonText(iss));
  }
  const own = `${authority.issuer}/certs`;
  if (keySetUrl !== null && keySetUrl !== own) throw mismatch("TOKEN_ISSUER", "jku", own, keySetUrl);
  return authority;
}

async function findKeys(keyId: string, { issuer, keys }: MaaAuthority): Promise<readonly RsaPublicKey[]> {
  // A paired region answers under the same name with other keys, so a source is asked once more.
  const attempts = typeof keys === "function" ? [false, true] : [false];
  for (const refresh of attempts) {
    const keySet = typeof keys === "function" ? copyOf(await keys({ issuer, keyId, refresh })) : keys;
    const found = keysOf(keySet, keyId);
    if (found.length > 0) return found;
  }
  throw new AttestationError("TOKEN_KEY_UNKNOWN", `${issuer} has no key with the token's kid`, {
    field: "kid",
    seen: keyId.slice(0, 200),
  });
}

/** A set may hold several keys with one `kid` (RFC 7517 section 4.5); all of them are the authority's. */
async function isSignedWithOne(jws: Jws, keys: readonly RsaPublicKey[]): Promise<boolean> {
  for (const key of keys) if (await isSignedWith(jws, key)) return true;
  return false;
}

function checkTimes(claims: JsonObject, { now, skew, maximumAge }: Limits): { issuedAt: number; expiresAt: number } {
  const [issuedAt, notBefore, expiresAt] = [timeOf(claims, "iat"), timeOf(claims, "nbf"), timeOf(claims, "exp")];
  const from = Math.max(issuedAt, notBefore) - skew;
  if (now < from) throw mismatch("TOKEN_NOT_YET_VALID", "time of verification", `at least ${iso(from)}`, iso(now));
  // RFC 7519 section 4.1.4: on or after `exp` it is no longer to be accepted.
  const until = expiresAt + skew;
  if (now >= until) throw mismatch("TOKEN_EXPIRED", "time of verification", `before ${iso(until)}`, iso(now));
  const age = now - issuedAt;
  if (age > maximumAge + skew) {
    throw mismatch("TOKEN_TOO_OLD", "age of the token", `at most ${maximumAge} seconds`, `${age} seconds`);
  }
  return { issuedAt, expiresAt };
}

/** The last second of the year 9999, beyond which a Date has no usual form. */
const LAST_TIME = 253_402_300_799;

function timeOf(claims: JsonObject, name: string): number {
  const time = claims[name];
  if (typeof time === "number" && isCount(time) && time <= LAST_TIME) return time;
  throw mismatch("TOKEN_MALFORMED", name, "whole seconds since 1970", jsonText(time));
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
