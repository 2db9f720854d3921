import assert from "node:assert/strict";
import { webcrypto, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { type AttestationCode, type KeySetRequest, type KeySetSource, verifyMaaToken } from "#attestation";
import { assertRefused } from "../refusal.ts";
import {
  certificate,
  certify,
  entry,
  issuer,
  type Json,
  keys,
  keySet,
  kid,
  options,
  otherKeys,
  tokenOf,
} from "./fake-maa.ts";

const token = await tokenOf();
const jwkOf = async (pair: webcrypto.CryptoKeyPair): Promise<Json> => {
  const { n, e } = await webcrypto.subtle.exportKey("jwk", pair.publicKey);
  return { n, e, kty: "RSA", kid };
};
const own = await jwkOf(keys);
const other = await jwkOf(otherKeys);
const smallPair = await webcrypto.subtle.generateKey(
  { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) },
  true,
  ["sign", "verify"],
);
const ecPair = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);

const verify = (set: Uint8Array | KeySetSource) =>
  verifyMaaToken(token, { ...options, authorities: [{ issuer, keys: set }] });

test("reads the key of a certificate and not of the PEM text inside of it", async () => {
  // The trap is real: Node finds the other key.
  const trapped = new X509Certificate(certificate).publicKey.export({ format: "jwk" });
  assert.equal(trapped.n, other["n"]);
  await verify(keySet(entry));
});

const accepted: Readonly<Record<string, readonly Json[]>> = {
  "n and e and no certificate": [own],
  "n and e that are those of the certificate": [{ ...own, ...entry }],
  "use and alg for signatures": [{ ...entry, use: "sig", alg: "RS256" }],
  "a second entry of its kid, whichever key signed": [other, own],
  "entries that are of no use": [
    { ...entry, kid: "other" },
    { kty: "EC", kid },
    { ...other, use: "enc" },
    { ...other, alg: "RS512" },
    entry,
  ],
};
for (const [name, entries] of Object.entries(accepted)) {
  test(`accepts a key set with ${name}`, async () => {
    await verify(keySet(...entries));
  });
}

const der = (bytes: Uint8Array): Json => ({ ...entry, x5c: [Buffer.from(bytes).toString("base64")] });
const refused: Readonly<Record<string, readonly [readonly Json[], AttestationCode]>> = {
  "no entry": [[], "TOKEN_KEY_UNKNOWN"],
  "only an entry for encryption": [[{ ...entry, use: "enc" }], "TOKEN_KEY_UNKNOWN"],
  "only an entry for another algorithm": [[{ ...entry, alg: "PS256" }], "TOKEN_KEY_UNKNOWN"],
  "only an entry without kid": [[{ ...entry, kid: undefined }], "TOKEN_KEY_UNKNOWN"],
  "another key": [[other], "TOKEN_SIGNATURE"],
  "a certificate of another key": [[der(await certify(otherKeys, ""))], "TOKEN_SIGNATURE"],
  "n that is not of the certificate": [[{ ...entry, n: other["n"], e: "AQAB" }], "TOKEN_KEYS_MALFORMED"],
  "e that is not of the certificate": [[{ ...entry, e: "Aw" }], "TOKEN_KEYS_MALFORMED"],
  "no key at all": [[{ kty: "RSA", kid }], "TOKEN_KEYS_MALFORMED"],
  "an empty x5c": [[{ ...own, x5c: [] }], "TOKEN_KEYS_MALFORMED"],
  "x5c that is a text": [[{ ...entry, x5c: certificate.toString("base64") }], "TOKEN_KEYS_MALFORMED"],
  "x5c in base64url": [[{ ...entry, x5c: [certificate.toString("base64url")] }], "TOKEN_KEYS_MALFORMED"],
  "x5c as PEM": [
    [der(Buffer.from(`-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----`))],
    "TOKEN_KEYS_MALFORMED",
  ],
  "a byte behind the certificate": [[der(Buffer.concat([certificate, Buffer.of(0)]))], "TOKEN_KEYS_MALFORMED"],
  "a certificate cut short": [[der(certificate.subarray(0, -1))], "TOKEN_KEYS_MALFORMED"],
  "a certificate on a curve": [[der(await certify(ecPair, ""))], "TOKEN_KEYS_MALFORMED"],
  "a certificate of a key of 1024 bits": [[der(await certify(smallPair, ""))], "TOKEN_KEYS_MALFORMED"],
  "a key of 1024 bits": [[await jwkOf(smallPair)], "TOKEN_KEYS_MALFORMED"],
  "a modulus with a zero before it": [
    [{ ...own, n: Buffer.concat([Buffer.of(0), Buffer.from(String(own["n"]), "base64url")]).toString("base64url") }],
    "TOKEN_KEYS_MALFORMED",
  ],
  "an even modulus": [[{ ...own, n: Buffer.alloc(256, 0xfe).toString("base64url") }], "TOKEN_KEYS_MALFORMED"],
  "a modulus of 8200 bits": [[{ ...own, n: Buffer.alloc(1025, 0xff).toString("base64url") }], "TOKEN_KEYS_MALFORMED"],
  "exponent 3": [[{ ...own, e: "Aw" }], "TOKEN_KEYS_MALFORMED"],
  "n in standard base64": [[{ ...own, n: `${String(own["n"])}=` }], "TOKEN_KEYS_MALFORMED"],
};
for (const [name, [entries, code]] of Object.entries(refused)) {
  test(`refuses a key set with ${name}`, () => assertRefused(() => verify(keySet(...entries)), code));
}

const texts: Readonly<Record<string, string>> = {
  "no JSON": "<html>",
  "a list": "[]",
  "keys that are no list": '{"keys":{}}',
  "two lists of keys": `{"keys":[],"keys":[${JSON.stringify(entry)}]}`,
  "more than 262144 bytes": `{"keys":[]}${" ".repeat(262_144)}`,
};
for (const [name, text] of Object.entries(texts)) {
  test(`refuses a key set that is ${name}`, () =>
    assertRefused(() => verify(Buffer.from(text)), "TOKEN_KEYS_MALFORMED"));
}

/** A source that gives these sets, one after the other, and remembers what it was asked for. */
const source = (...sets: readonly Uint8Array[]) => {
  const asked: KeySetRequest[] = [];
  const give: KeySetSource = async (request) => {
    asked.push(request);
    return sets[asked.length - 1] ?? assert.fail("asked too often");
  };
  return { asked, give };
};

test("asks a source once for a key that it has", async () => {
  const { asked, give } = source(keySet(entry));
  await verify(give);
  assert.deepEqual(asked, [{ issuer, keyId: kid, refresh: false }]);
});

test("asks a source once more for a key that it does not have", async () => {
  const { asked, give } = source(keySet({ ...entry, kid: "old" }), keySet(entry));
  await verify(give);
  assert.deepEqual(
    asked.map(({ refresh }) => refresh),
    [false, true],
  );
});

test("asks a source twice and no more", async () => {
  const { asked, give } = source(keySet(), keySet());
  await assertRefused(() => verify(give), "TOKEN_KEY_UNKNOWN");
  assert.equal(asked.length, 2);
});

test("does not ask again when the key is known and the signature wrong", async () => {
  const { asked, give } = source(keySet(other));
  await assertRefused(() => verify(give), "TOKEN_SIGNATURE");
  assert.equal(asked.length, 1);
});

test("asks no source about a token of a stranger", async () => {
  const { asked, give } = source();
  const stranger = await tokenOf({ claims: { iss: "https://evil.example" } });
  await assertRefused(
    () => verifyMaaToken(stranger, { ...options, authorities: [{ issuer, keys: give }] }),
    "TOKEN_ISSUER",
  );
  assert.deepEqual(asked, []);
});

test("passes on what a source throws", async () => {
  const unreachable = new Error("unreachable");
  await assert.rejects(() => verify(() => Promise.reject(unreachable)), unreachable);
});

test("does not see what is done to a key set afterwards", async () => {
  const set = keySet(entry);
  const verdict = verify(set);
  set.fill(0);
  await verdict;
});
