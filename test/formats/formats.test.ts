// The vectors of proto/FORMATS.md are what the code makes, and what it reads.
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseClaims } from "#attestation";
import { parseStatement, verifyConsent, verifyRevocation } from "#contract";
import {
  ed25519KeyOf,
  fromBase64Url,
  fromUtf8,
  parseCanonicalJson,
  utf8,
  verifyEd25519,
  verifyEnvelope,
} from "#sealing";
import { unwrapKeyHsm } from "#sealing-node";
import { makeVectors, recordedFile, vectorsFile, vectorSigner, type RecordedRelease } from "./make-vectors.ts";

const vectors = await makeVectors();
const recorded = JSON.parse(readFileSync(recordedFile, "utf8")) as RecordedRelease; // written beside the vectors

test("the committed vectors are what the code makes", () => {
  assert.deepEqual(JSON.parse(readFileSync(vectorsFile, "utf8")), JSON.parse(JSON.stringify(vectors)));
});

test("the claims vectors parse, each for its purpose", async () => {
  for (const [purpose, { document }] of Object.entries(vectors.claims)) {
    assert.equal((await parseClaims(utf8(document))).purpose, purpose);
  }
});

test("the contract vector carries every owner's consent, and its revocation is an owner's", async () => {
  const consent = await verifyConsent(vectors.contract.statement);
  assert.deepEqual(consent.missing, []);
  assert.equal(consent.digest, vectors.contract.digest);
  assert.deepEqual((await verifyRevocation(vectors.revocation, consent)).by, ["contoso"]);
});

test("the denial vector is signed by the broker and names the clause", async () => {
  const { keyId } = vectorSigner("contoso broker");
  const keys = new Map([[keyId, ed25519KeyOf(keyId)]]);
  const payload = await verifyEnvelope(vectors.denial, {
    payloadType: vectors.denial.payloadType,
    keys,
    threshold: "all",
  });
  assert.equal(parseStatement("denial", payload).clauses[0]?.claim, "x-ms-sevsnpvm-vmpl");
});

test("the recorded key release opens with the workload's key, and not after one changed character", async () => {
  const [header = "", payload = "", signature = ""] = recorded.key_release.split(".");
  const { keyId } = vectorSigner("contoso broker");
  assert.ok(await verifyEd25519(ed25519KeyOf(keyId), fromBase64Url(signature), utf8(`${header}.${payload}`)));
  const { response } = parseCanonicalJson(fromUtf8(fromBase64Url(payload))) as {
    response: { key: { key: { key_hsm: string } } };
  }; // FORMATS.md 6
  const keyHsm = JSON.parse(fromUtf8(fromBase64Url(response.key.key.key_hsm))) as {
    header: { kid: string };
    ciphertext: string;
  }; // likewise
  const privateKey = createPrivateKey({ key: recorded.encryption_key, format: "jwk" });
  assert.equal(fromUtf8(unwrapKeyHsm({ keyHsm, privateKey, kid: keyHsm.header.kid })), recorded.opened);
  const flipped = { ...keyHsm, ciphertext: keyHsm.ciphertext.replace(/^./, (first) => (first === "A" ? "B" : "A")) };
  assert.throws(() => unwrapKeyHsm({ keyHsm: flipped, privateKey, kid: keyHsm.header.kid }), {
    code: "KEY_UNWRAP_FAILED",
  });
});
