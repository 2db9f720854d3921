import assert from "node:assert/strict";
import { createHmac, webcrypto } from "node:crypto";
import { test } from "node:test";
import { type AttestationCode, type MaaVerifyOptions, verifyMaaToken } from "#attestation";
import { assertRefused } from "../refusal.ts";
import {
  issuedAt,
  issuer,
  type Json,
  keys,
  kid,
  now,
  options,
  otherKeys,
  type Parts,
  timely,
  tokenOf,
} from "./fake-maa.ts";

const at = (seconds: number): Date => new Date((issuedAt + seconds) * 1000);

test("accepts a token that a configured authority has signed", async () => {
  const verified = await verifyMaaToken(await tokenOf({ claims: timely({ "x-ms-ver": "1.0" }) }), options);
  assert.equal(verified.issuer, issuer);
  assert.equal(verified.keyId, kid);
  assert.deepEqual(verified.issuedAt, at(0));
  assert.deepEqual(verified.expiresAt, at(28_800));
  assert.equal(verified.claims["x-ms-ver"], "1.0");
  assert.ok(Object.isFrozen(verified));
});

test("says that the certificate of the key is not judged", async () => {
  const { notChecked } = await verifyMaaToken(await tokenOf(), options);
  assert.deepEqual(notChecked, [
    "certificate of the authority's key: self-signed; the key set is trusted as it was received",
  ]);
});

test("says why the age is not limited, where it is not", async () => {
  const { notChecked } = await verifyMaaToken(await tokenOf(), {
    ...options,
    now: at(28_000),
    maximumAgeSeconds: { unchecked: "read from an archive" },
  });
  assert.equal(notChecked.at(-1), "age of the token: read from an archive");
});

test("takes a header without jku and typ", async () => {
  await verifyMaaToken(await tokenOf({ header: { jku: undefined, typ: undefined } }), options);
});

test("keeps integers beyond 2^53 exactly", async () => {
  const claims = JSON.stringify(timely()).replace("}", ',"nonce":13202930541250959283}');
  const verified = await verifyMaaToken(await tokenOf({ claims }), options);
  assert.equal(verified.claims["nonce"], 13202930541250959283n);
});

/** Tokens that are signed for real and refused all the same. */
const refused: Readonly<Record<string, readonly [Parts, AttestationCode, string?]>> = {
  "alg none": [{ header: { alg: "none" } }, "TOKEN_ALGORITHM", "alg"],
  "alg HS256": [{ header: { alg: "HS256" } }, "TOKEN_ALGORITHM", "alg"],
  "alg PS256": [{ header: { alg: "PS256" } }, "TOKEN_ALGORITHM", "alg"],
  "alg RS384": [{ header: { alg: "RS384" } }, "TOKEN_ALGORITHM", "alg"],
  "alg in lower case": [{ header: { alg: "rs256" } }, "TOKEN_ALGORITHM", "alg"],
  "no alg": [{ header: { alg: undefined } }, "TOKEN_ALGORITHM", "alg"],
  "an alg that is a huge number": [{ header: `{"alg":${"9".repeat(20)}}` }, "TOKEN_ALGORITHM", "alg"],
  "an extension that must be understood": [{ header: { crit: ["b64"], b64: false } }, "TOKEN_ALGORITHM", "crit"],
  "another typ": [{ header: { typ: "at+jwt" } }, "TOKEN_MALFORMED"],
  "no kid": [{ header: { kid: undefined } }, "TOKEN_MALFORMED"],
  "a kid that is no text": [{ header: { kid: 1 } }, "TOKEN_MALFORMED"],
  "a jku that is no text": [{ header: { jku: [`${issuer}/certs`] } }, "TOKEN_MALFORMED"],
  "a header that is a list": [{ header: "[]" }, "TOKEN_MALFORMED"],
  "two alg in the header": [{ header: `{"alg":"none","alg":"RS256","kid":"${kid}"}` }, "TOKEN_MALFORMED"],
  "two iss": [{ claims: JSON.stringify(timely()).replace("{", `{"iss":"https://evil.example",`) }, "TOKEN_MALFORMED"],
  "claims that are no object": [{ claims: "null" }, "TOKEN_MALFORMED"],
  "claims that are not JSON": [{ claims: "{" }, "TOKEN_MALFORMED"],
  "another issuer": [{ claims: timely({ iss: "https://sharedevil.fake.attest.azure.net" }) }, "TOKEN_ISSUER", "iss"],
  "an issuer with a slash at its end": [{ claims: timely({ iss: `${issuer}/` }) }, "TOKEN_ISSUER", "iss"],
  "an issuer in upper case": [{ claims: timely({ iss: issuer.toUpperCase() }) }, "TOKEN_ISSUER", "iss"],
  "an issuer whose name only begins so": [{ claims: timely({ iss: `${issuer}.evil.example` }) }, "TOKEN_ISSUER", "iss"],
  "no issuer": [{ claims: timely({ iss: undefined }) }, "TOKEN_ISSUER", "iss"],
  "a list of issuers": [{ claims: timely({ iss: [issuer] }) }, "TOKEN_ISSUER", "iss"],
  "a jku elsewhere": [{ header: { jku: "https://evil.example/certs" } }, "TOKEN_ISSUER", "jku"],
  "a jku with a query": [{ header: { jku: `${issuer}/certs?x` } }, "TOKEN_ISSUER", "jku"],
  "another kid": [{ header: { kid: "other" } }, "TOKEN_KEY_UNKNOWN", "kid"],
  "the kid in base64url": [
    { header: { kid: kid.replaceAll("+", "-").replaceAll("/", "_") } },
    "TOKEN_KEY_UNKNOWN",
    "kid",
  ],
  "the kid without its padding": [{ header: { kid: kid.replace("=", "") } }, "TOKEN_KEY_UNKNOWN", "kid"],
  "the signature of another key": [{ signedBy: otherKeys }, "TOKEN_SIGNATURE"],
  "no iat": [{ claims: timely({ iat: undefined }) }, "TOKEN_MALFORMED", "iat"],
  "no nbf": [{ claims: timely({ nbf: undefined }) }, "TOKEN_MALFORMED", "nbf"],
  "no exp": [{ claims: timely({ exp: undefined }) }, "TOKEN_MALFORMED", "exp"],
  "an exp that is a text": [{ claims: timely({ exp: `${issuedAt + 28_800}` }) }, "TOKEN_MALFORMED", "exp"],
  "an exp with a fraction": [{ claims: timely({ exp: issuedAt + 28_800.5 }) }, "TOKEN_MALFORMED", "exp"],
  "a negative nbf": [{ claims: timely({ nbf: -1 }) }, "TOKEN_MALFORMED", "nbf"],
  "an exp beyond the year 9999": [{ claims: timely({ exp: 253_402_300_800 }) }, "TOKEN_MALFORMED", "exp"],
};
for (const [name, [parts, code, field]] of Object.entries(refused)) {
  test(`refuses a token with ${name}`, async () => {
    await assertRefused(
      async () => verifyMaaToken(await tokenOf(parts), options),
      code,
      field === undefined ? {} : { field },
    );
  });
}

test("refuses HS256 with the public key as its secret", async () => {
  const signed = (await tokenOf({ header: { alg: "HS256" } })).replace(/\.[^.]*$/, "");
  const secret = Buffer.from(await webcrypto.subtle.exportKey("spki", keys.publicKey));
  const forged = `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
  await assertRefused(() => verifyMaaToken(forged, options), "TOKEN_ALGORITHM");
});

test("never uses a key that the token brings", async () => {
  const jwk: Json = { ...(await webcrypto.subtle.exportKey("jwk", otherKeys.publicKey)) };
  const token = await tokenOf({ header: { jwk, x5u: "https://evil.example/x5u" }, signedBy: otherKeys });
  await assertRefused(() => verifyMaaToken(token, options), "TOKEN_SIGNATURE");
});

test("is not disturbed by a key that the token brings beside a good signature", async () => {
  const jwk: Json = { ...(await webcrypto.subtle.exportKey("jwk", otherKeys.publicKey)) };
  await verifyMaaToken(await tokenOf({ header: { jwk, x5c: ["AA=="] } }), options);
});

test("refuses claims that another token's signature covers", async () => {
  const [header, , signature] = (await tokenOf()).split(".");
  const [, claims] = (await tokenOf({ claims: timely({ extra: true }) })).split(".");
  await assertRefused(() => verifyMaaToken([header, claims, signature].join("."), options), "TOKEN_SIGNATURE");
});

const good = await tokenOf();
const spellings: Readonly<Record<string, string>> = {
  "a line break at its end": `${good}\n`,
  "a space before it": ` ${good}`,
  padding: `${good}=`,
  "four parts": `${good}.AAAA`,
  "two parts": good.slice(0, good.lastIndexOf(".")),
  "an empty signature": good.slice(0, good.lastIndexOf(".") + 1),
  "no characters": "",
  "one dot more": good.replace(".", ".."),
  "standard base64": `${good.slice(0, -1)}+`,
  "left-over bits":
    good.slice(0, -1) + (good.endsWith("A") ? "B" : String.fromCharCode(good.charCodeAt(good.length - 1) + 1)),
  "more than 65536 characters": `${good}${"A".repeat(65_536)}`,
};
for (const [name, token] of Object.entries(spellings)) {
  test(`refuses a token with ${name}`, () =>
    assertRefused(
      () => verifyMaaToken(token, options),
      name === "an empty signature" ? "TOKEN_SIGNATURE" : "TOKEN_MALFORMED",
    ));
}

/** Seconds after `iat`, with a skew of 30 and a maximum age of 600. */
const times: readonly (readonly [string, number, Json, AttestationCode | null])[] = [
  ["30 seconds before nbf", -30, {}, null],
  ["31 seconds before nbf", -31, {}, "TOKEN_NOT_YET_VALID"],
  ["before nbf, though after iat", 0, { nbf: issuedAt + 31 }, "TOKEN_NOT_YET_VALID"],
  ["before iat, though after nbf", 0, { iat: issuedAt + 31, nbf: issuedAt }, "TOKEN_NOT_YET_VALID"],
  ["29 seconds past exp", 129, { exp: issuedAt + 100 }, null],
  ["30 seconds past exp", 130, { exp: issuedAt + 100 }, "TOKEN_EXPIRED"],
  ["30 seconds past the maximum age", 630, {}, null],
  ["31 seconds past the maximum age", 631, {}, "TOKEN_TOO_OLD"],
];
for (const [name, seconds, claims, code] of times) {
  test(`${code === null ? "accepts" : "refuses"} a token ${name}`, async () => {
    const call = async () =>
      verifyMaaToken(await tokenOf({ claims: timely(claims) }), { ...options, now: at(seconds) });
    if (code === null) await call();
    else await assertRefused(call, code);
  });
}

const authorities = options.authorities[0];
assert.ok(authorities);
/** Options that callers without types can come with. */
const incomplete: Readonly<Record<string, readonly [Partial<Record<keyof MaaVerifyOptions, unknown>>, string]>> = {
  "no authorities": [{ authorities: undefined }, "authorities"],
  "an authority without https": [
    { authorities: [{ ...authorities, issuer: "http://a.example" }] },
    "issuer of an authority",
  ],
  "an authority with a slash at its end": [
    { authorities: [{ ...authorities, issuer: `${issuer}/` }] },
    "issuer of an authority",
  ],
  "an authority without a name": [{ authorities: [{ ...authorities, issuer: undefined }] }, "issuer of an authority"],
  "an authority without keys": [{ authorities: [{ issuer }] }, "keys of an authority"],
  "no time": [{ now: undefined }, "now"],
  "a time that is none": [{ now: new Date(Number.NaN) }, "now"],
  "no skew": [{ clockSkewSeconds: undefined }, "clockSkewSeconds"],
  "a skew that is no number": [{ clockSkewSeconds: Number.NaN }, "clockSkewSeconds"],
  "a skew of more than five minutes": [{ clockSkewSeconds: 301 }, "clockSkewSeconds"],
  "no maximum age": [{ maximumAgeSeconds: undefined }, "maximumAgeSeconds"],
  "a maximum age left out for no reason": [{ maximumAgeSeconds: { unchecked: "" } }, "maximumAgeSeconds"],
};
for (const [name, [members, field]] of Object.entries(incomplete)) {
  test(`refuses options with ${name}`, () =>
    // As a caller without types would.
    assertRefused(
      () => verifyMaaToken(good, { ...options, ...members } as MaaVerifyOptions),
      "REFERENCE_VALUES_INCOMPLETE",
      { field },
    ));
}

test("an empty list of authorities accepts nothing", () =>
  assertRefused(() => verifyMaaToken(good, { ...options, authorities: [] }), "TOKEN_ISSUER"));

test("the keys of one authority do not sign for another", async () => {
  const other = "https://sharedother.fake.attest.azure.net";
  const token = await tokenOf({ header: { jku: `${other}/certs` }, claims: timely({ iss: other }) });
  const set = Buffer.from('{"keys":[]}');
  await assertRefused(
    () => verifyMaaToken(token, { ...options, now, authorities: [authorities, { issuer: other, keys: set }] }),
    "TOKEN_KEY_UNKNOWN",
  );
});
