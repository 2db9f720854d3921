import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { test } from "node:test";
import { parseClaims } from "#attestation";
import { assertRefused } from "./refusal.ts";

type Json = Record<string, unknown>;

const { n = "", e = "" } = generateKeyPairSync("rsa", { modulusLength: 3072 }).publicKey.export({ format: "jwk" });
const kid = createHash("sha256").update(`{"e":"${e}","kty":"RSA","n":"${n}"}`).digest("base64url");
const key: Json = { kty: "RSA", kid, key_ops: ["encrypt"], n, e };

const session: Json = {
  v: 1,
  purpose: "peer",
  audience: "woodgrove/analytics",
  nonce: randomBytes(32).toString("base64url"),
  tls_spki_sha256: "ab".repeat(32),
};
const run: Json = {
  result_key: { kty: "OKP", crv: "Ed25519", x: randomBytes(32).toString("base64url") },
  contract: `sha256:${"cd".repeat(32)}`,
  query: "demographics",
  run: "0123456789abcdef0123456789abcdef",
};
const without = (object: Json, ...names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

const good: Readonly<Record<string, Json>> = {
  peer: { sealmesh: session },
  reader: { sealmesh: { ...session, purpose: "reader", audience: "anyone" } },
  release: {
    keys: [key],
    sealmesh: { ...session, ...run, purpose: "release", audience: "contoso/broker:ed25519:abc" },
  },
  result: {
    sealmesh: {
      ...without(session, "nonce"),
      ...run,
      purpose: "result",
      audience: "anyone",
      result_sha256: "ef".repeat(32),
    },
  },
};
const release = good["release"] ?? {};

const utf8 = (text: string) => new TextEncoder().encode(text);
const encode = (value: unknown) => utf8(JSON.stringify(value));

/** The release claims with members of `sealmesh` replaced. */
const changed = (members: Json): Json => ({ ...release, sealmesh: { ...(release["sealmesh"] as Json), ...members } });
/** The release claims with members of their key replaced. */
const withKey = (members: Json): Json => ({ ...release, keys: [{ ...key, ...members }] });

for (const [purpose, document] of Object.entries(good)) {
  test(`parses claims of purpose ${purpose}`, async () => {
    const claims = await parseClaims(encode(document));
    assert.equal(claims.purpose, purpose);
    assert.deepEqual(claims.document, document);
    assert.deepEqual(claims.tlsSpkiSha256, Uint8Array.from(Buffer.from("ab".repeat(32), "hex")));
  });
}

test("decodes the key, the nonce and the run of release claims", async () => {
  const claims = await parseClaims(encode(release));
  assert.ok(claims.purpose === "release");
  assert.deepEqual(claims.key, key);
  assert.equal(Buffer.from(claims.nonce).toString("base64url"), session["nonce"]);
  assert.equal(Buffer.from(claims.resultKey).toString("base64url"), (run["result_key"] as Json)["x"]);
  assert.deepEqual([claims.contract, claims.query, claims.run], [run["contract"], run["query"], run["run"]]);
});

test("takes members in any order", async () => {
  const reversed = Object.fromEntries(Object.entries(session).toReversed());
  assert.equal((await parseClaims(encode({ sealmesh: reversed }))).purpose, "peer");
});

test("says with null that TLS is off, and with nothing else", async () => {
  const claims = await parseClaims(encode({ sealmesh: { ...session, tls_spki_sha256: null } }));
  assert.equal(claims.tlsSpkiSha256, null);
  await assertRefused(
    () => parseClaims(encode({ sealmesh: without(session, "tls_spki_sha256") })),
    "CLAIMS_MALFORMED",
    { path: "$.sealmesh.tls_spki_sha256" },
  );
});

const text = JSON.stringify(release);
const spellings: readonly [string, Uint8Array][] = [
  ["nothing", new Uint8Array()],
  ["text that is not JSON", utf8("{")],
  ["a space", utf8(text.replace(",", ", "))],
  ["a line end behind it", utf8(`${text}\n`)],
  ["a byte order mark", utf8(`\ufeff${text}`)],
  ["bytes that are not UTF-8", Uint8Array.from([...utf8(text.slice(0, 20)), 0xff, ...utf8(text.slice(20))])],
  ["a duplicate member", utf8(text.replace('"v":1,', '"v":1,"v":1,'))],
  [
    "a duplicate member with another value",
    utf8(text.replace('"purpose":"release"', '"purpose":"peer","purpose":"release"')),
  ],
  ["a duplicate top-level member", utf8(`{"keys":[],${text.slice(1)}`)],
  ["a number in another spelling", utf8(text.replace('"v":1', '"v":1.0'))],
  ["an escape that needs none", utf8(text.replace('"purpose"', '"\\u0070urpose"'))],
  ["UTF-16", Uint8Array.from(Buffer.from(text, "utf16le"))],
  ["more than 16,384 bytes", encode(changed({ audience: "a".repeat(16_384) }))],
  ["nesting deeper than the stack", utf8(`{"sealmesh":${"[".repeat(8_000)}${"]".repeat(8_000)}}`)],
  ["an array", utf8("[]")],
  ["null", utf8("null")],
];
for (const [what, bytes] of spellings) {
  test(`refuses ${what}`, () => assertRefused(() => parseClaims(bytes), "CLAIMS_MALFORMED"));
}

const values: readonly [string, unknown, string][] = [
  ["an unknown top-level member", { ...release, extra: 1 }, "$.extra"],
  ["an unknown member", changed({ extra: 1 }), "$.sealmesh.extra"],
  ["a member called __proto__", JSON.parse(text.replace('"v":1', '"__proto__":1,"v":1')), "$.sealmesh.__proto__"],
  ["version 2", changed({ v: 2 }), "$.sealmesh.v"],
  ["an unknown purpose", changed({ purpose: "login" }), "$.sealmesh.purpose"],
  ["a purpose inherited from objects", changed({ purpose: "toString" }), "$.sealmesh.purpose"],
  ["an empty audience", changed({ audience: "" }), "$.sealmesh.audience"],
  ["an audience of 257 characters", changed({ audience: "a".repeat(257) }), "$.sealmesh.audience"],
  ["an audience with a line end", changed({ audience: "a\n" }), "$.sealmesh.audience"],
  ["a number for an audience", changed({ audience: 1 }), "$.sealmesh.audience"],
  ["a reader audience of one", { sealmesh: { ...session, purpose: "reader" } }, "$.sealmesh.audience"],
  [
    "a result audience of one",
    { sealmesh: { ...(good["result"]?.["sealmesh"] as Json), audience: "contoso" } },
    "$.sealmesh.audience",
  ],
  ["a nonce of 31 bytes", changed({ nonce: Buffer.alloc(31).toString("base64url") }), "$.sealmesh.nonce"],
  ["a nonce with padding", changed({ nonce: `${Buffer.alloc(32).toString("base64url")}=` }), "$.sealmesh.nonce"],
  ["a nonce in the other alphabet", changed({ nonce: `${"/".repeat(42)}8` }), "$.sealmesh.nonce"],
  ["a nonce whose left-over bits are set", changed({ nonce: `${"A".repeat(42)}B` }), "$.sealmesh.nonce"],
  ["a TLS digest in upper case", changed({ tls_spki_sha256: "AB".repeat(32) }), "$.sealmesh.tls_spki_sha256"],
  ["a TLS digest of 62 digits", changed({ tls_spki_sha256: "ab".repeat(31) }), "$.sealmesh.tls_spki_sha256"],
  [
    "a result key of another curve",
    changed({ result_key: { kty: "OKP", crv: "X25519", x: session["nonce"] } }),
    "$.sealmesh.result_key.crv",
  ],
  [
    "a private result key",
    changed({ result_key: { ...(run["result_key"] as Json), d: session["nonce"] } }),
    "$.sealmesh.result_key.d",
  ],
  ["a contract without its algorithm", changed({ contract: "cd".repeat(32) }), "$.sealmesh.contract"],
  ["a query that is no name", changed({ query: "a b" }), "$.sealmesh.query"],
  ["a run of 31 digits", changed({ run: "0".repeat(31) }), "$.sealmesh.run"],
  ["a result digest in release claims", changed({ result_sha256: "ef".repeat(32) }), "$.sealmesh.result_sha256"],
  ["release claims without a key", without(release, "keys"), "$.keys"],
  ["release claims with no key in the list", { ...release, keys: [] }, "$.keys"],
  ["release claims with two keys", { ...release, keys: [key, key] }, "$.keys"],
  ["a key with another kid", withKey({ kid: randomBytes(32).toString("base64url") }), "$.keys[0].kid"],
  [
    "a key with another modulus than its kid",
    withKey({ n: `${n.slice(0, 100)}${n[100] === "A" ? "B" : "A"}${n.slice(101)}` }),
    "$.keys[0].kid",
  ],
  ["a key of 2048 bits", withKey({ n: n.slice(0, 342) }), "$.keys[0].n"],
  ["a modulus with leading zeros", withKey({ n: `AAAA${n.slice(4)}` }), "$.keys[0].n"],
  ["an even modulus", withKey({ n: `${n.slice(0, 511)}A` }), "$.keys[0].n"],
  ["another exponent", withKey({ e: "Aw" }), "$.keys[0].e"],
  ["another use of the key", withKey({ key_ops: ["encrypt", "sign"] }), "$.keys[0].key_ops"],
  ["a private key", withKey({ d: "AQAB" }), "$.keys[0].d"],
  ["an elliptic key", withKey({ kty: "EC" }), "$.keys[0].kty"],
];
for (const [what, document, path] of values) {
  test(`refuses ${what}`, () => assertRefused(() => parseClaims(encode(document)), "CLAIMS_MALFORMED", { path }));
}

const forbidden: Readonly<Record<string, Json>> = {
  peer: { ...run, result_sha256: "ef".repeat(32) },
  reader: { ...run, result_sha256: "ef".repeat(32) },
  result: { nonce: session["nonce"] },
};
for (const [purpose, members] of Object.entries(forbidden)) {
  const document = good[purpose] ?? {};
  for (const [member, value] of Object.entries(members)) {
    test(`refuses ${member} in ${purpose} claims`, () =>
      assertRefused(
        () => parseClaims(encode({ sealmesh: { ...(document["sealmesh"] as Json), [member]: value } })),
        "CLAIMS_MALFORMED",
        { path: `$.sealmesh.${member}` },
      ));
  }
  test(`refuses keys in ${purpose} claims`, () =>
    assertRefused(() => parseClaims(encode({ keys: [key], ...document })), "CLAIMS_MALFORMED", { path: "$.keys" }));
}

for (const [purpose, document] of Object.entries(good)) {
  const sealmesh = document["sealmesh"] as Json;
  for (const member of Object.keys(sealmesh)) {
    test(`refuses ${purpose} claims without ${member}`, () =>
      assertRefused(
        () => parseClaims(encode({ ...document, sealmesh: without(sealmesh, member) })),
        "CLAIMS_MALFORMED",
        { path: `$.sealmesh.${member}` },
      ));
  }
}

test("judges the bytes as they were when it was called", async () => {
  const bytes = encode(release);
  const call = parseClaims(bytes);
  bytes.fill(0);
  assert.equal((await call).purpose, "release");
});
