import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import {
  addSignature,
  ed25519KeyOf,
  ed25519TextOf,
  parseEnvelope,
  signEnvelope,
  toBase64,
  utf8,
  verifyEnvelope,
} from "#sealing";
import { signerOf } from "#sealing-node";

const TYPE = "application/vnd.sealmesh.manifest.v1+json";
const payload = utf8('{"v":1}');
const newSigner = () => signerOf(generateKeyPairSync("ed25519").privateKey);
const keysOf = (...signers: readonly { readonly keyId: string }[]) =>
  new Map(signers.map(({ keyId }) => [keyId, ed25519KeyOf(keyId)]));

test("gives back the payload that all keys signed", async () => {
  const [a, b] = [newSigner(), newSigner()];
  const envelope = await addSignature(await signEnvelope(TYPE, payload, a), b);
  const read = await verifyEnvelope(parseEnvelope(JSON.stringify(envelope)), {
    payloadType: TYPE,
    keys: keysOf(a, b),
    threshold: "all",
  });
  assert.deepEqual(read, payload);
});

test("signs DSSE's pre-authentication encoding", async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const signer = signerOf(privateKey);
  const envelope = await signEnvelope("http://example.com/HelloWorld", utf8("hello world"), signer);
  const encoding = utf8("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  assert.equal(envelope.signatures[0]?.sig, sign(null, encoding, privateKey).toString("base64"));
});

test("refuses too few signatures, and counts a key once", async () => {
  const [a, b] = [newSigner(), newSigner()];
  const one = await signEnvelope(TYPE, payload, a);
  const requirement = { payloadType: TYPE, keys: keysOf(a, b) };
  await assert.rejects(verifyEnvelope(one, { ...requirement, threshold: "all" }), { code: "SIGNATURE_INVALID" });
  const twice = { ...one, signatures: [...one.signatures, ...one.signatures] };
  await assert.rejects(verifyEnvelope(twice, { ...requirement, threshold: 2 }), { code: "SIGNATURE_INVALID" });
  assert.deepEqual(await verifyEnvelope(twice, { ...requirement, threshold: 1 }), payload);
});

test("refuses another payload, payload type, key, and a signature of a stranger", async () => {
  const [a, b] = [newSigner(), newSigner()];
  const envelope = await signEnvelope(TYPE, payload, a);
  const requirement = { payloadType: TYPE, keys: keysOf(a), threshold: "all" } as const;
  const refused = { code: "SIGNATURE_INVALID" };
  await assert.rejects(verifyEnvelope({ ...envelope, payload: toBase64(utf8('{"v":2}')) }, requirement), refused);
  await assert.rejects(verifyEnvelope(envelope, { ...requirement, payloadType: `${TYPE}x` }), refused);
  await assert.rejects(verifyEnvelope({ ...envelope, payloadType: `${TYPE}x` }, requirement), refused);
  await assert.rejects(verifyEnvelope(envelope, { ...requirement, keys: keysOf(b) }), refused);
  const forged = { ...envelope, signatures: [{ keyid: b.keyId, sig: envelope.signatures[0]?.sig ?? "" }] };
  await assert.rejects(verifyEnvelope(forged, { ...requirement, keys: keysOf(a, b), threshold: 1 }), refused);
});

test("refuses a requirement that would check nothing", async () => {
  const a = newSigner();
  const envelope = await signEnvelope(TYPE, payload, a);
  for (const requirement of [
    { payloadType: TYPE, keys: new Map(), threshold: "all" },
    { payloadType: TYPE, keys: keysOf(a), threshold: 0 },
    { payloadType: TYPE, keys: keysOf(a), threshold: 2 },
  ] as const)
    await assert.rejects(verifyEnvelope(envelope, requirement), RangeError);
  const wrong = new Map([[a.keyId, ed25519KeyOf(newSigner().keyId)]]);
  await assert.rejects(verifyEnvelope(envelope, { payloadType: TYPE, keys: wrong, threshold: 1 }), {
    code: "KEY_MALFORMED",
  });
});

test("refuses malformed envelopes", async () => {
  const good = await signEnvelope(TYPE, payload, newSigner());
  for (const bad of ["{", "[]", { ...good, extra: 1 }, { ...good, signatures: [] }, { ...good, payload: 1 }, null])
    assert.throws(() => parseEnvelope(bad), { code: "ENVELOPE_MALFORMED" });
  const requirement = { payloadType: TYPE, keys: keysOf(newSigner()), threshold: 1 };
  await assert.rejects(verifyEnvelope({ ...good, payload: "e30" }, requirement), { code: "ENVELOPE_MALFORMED" });
});

test("reads one text per Ed25519 key", () => {
  const raw = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
  assert.deepEqual(ed25519KeyOf(ed25519TextOf(raw)), raw);
  const text = ed25519TextOf(raw);
  for (const bad of [text.slice(8), `${text}=`, text.slice(0, -1), `${text.slice(0, -1)}B`, ` ${text}`, `${text}\n`])
    assert.throws(() => ed25519KeyOf(bad), { code: "KEY_MALFORMED" }, bad);
  assert.throws(() => ed25519TextOf(raw.subarray(1)), { code: "KEY_MALFORMED" });
});
