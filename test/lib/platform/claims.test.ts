import assert from "node:assert/strict";
import { constants, createHash, createPublicKey, privateDecrypt, publicEncrypt, sign, verify } from "node:crypto";
import { before, describe, test } from "node:test";
import { parseClaims, reportDataOf } from "#attestation";
import {
  createRunKeys,
  evidenceFor,
  peerClaims,
  PlatformError,
  readerClaims,
  releaseClaims,
  resultClaims,
  type RunKeys,
  type SecureProcessor,
} from "#platform";

const nonce = new Uint8Array(32).fill(0xfb);
const tlsSpkiSha256 = new Uint8Array(32).fill(0xab);
const contract = `sha256:${"1".repeat(64)}`;
const run = "0123456789abcdef".repeat(2);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

let keys: RunKeys;
before(async () => {
  keys = await createRunKeys();
});

describe("claims documents", () => {
  test("for a reader are exactly these bytes", () => {
    const encoded = Buffer.from(nonce).toString("base64url");
    assert.equal(
      text(readerClaims({ nonce, tlsSpkiSha256 })),
      `{"sealmesh":{"v":1,"purpose":"reader","audience":"anyone","nonce":"${encoded}","tls_spki_sha256":"${"ab".repeat(32)}"}}`,
    );
    assert.match(text(readerClaims({ nonce, tlsSpkiSha256: null })), /"tls_spki_sha256":null\}\}$/);
  });

  test("for a peer name the workload that verifies", async () => {
    const claims = await parseClaims(peerClaims({ nonce, tlsSpkiSha256, audience: "woodgrove/analytics" }));
    assert.equal(claims.purpose, "peer");
    assert.equal(claims.audience, "woodgrove/analytics");
  });

  test("for a release carry the run's RSA key and nothing of its private half", async () => {
    const audience = "contoso/broker:ed25519:AAAA";
    const bytes = releaseClaims({ keys, audience, nonce, tlsSpkiSha256, contract, query: "demographics", run });
    const claims = await parseClaims(bytes);
    assert.ok(claims.purpose === "release");
    assert.deepEqual(claims.key, keys.encryptionJwk);
    assert.deepEqual(claims.nonce, nonce);
    assert.equal(Buffer.from(claims.resultKey).toString("base64url"), keys.resultJwk.x);
    assert.deepEqual(
      [claims.audience, claims.contract, claims.query, claims.run],
      [audience, contract, "demographics", run],
    );
    assert.doesNotMatch(text(bytes), /"(?:d|p|q|dp|dq|qi)":/);
  });

  test("for a result carry its digest and no nonce", async () => {
    const resultSha256 = new Uint8Array(32).fill(0xcd);
    const bytes = resultClaims({ keys, tlsSpkiSha256, contract, query: "demographics", run, resultSha256 });
    const claims = await parseClaims(bytes);
    assert.ok(claims.purpose === "result");
    assert.equal(claims.resultSha256, "cd".repeat(32));
    assert.doesNotMatch(text(bytes), /nonce|"keys"/);
  });
});

describe("run keys", () => {
  test("are RSA-3072 named by its thumbprint, and Ed25519", () => {
    const { kid, n, e } = keys.encryptionJwk;
    assert.equal(createHash("sha256").update(`{"e":"${e}","kty":"RSA","n":"${n}"}`).digest("base64url"), kid);
    assert.equal(
      createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" }).asymmetricKeyDetails?.modulusLength,
      3072,
    );
    const publicKey = createPublicKey({ key: { ...keys.resultJwk }, format: "jwk" });
    const message = Buffer.from("result");
    assert.ok(verify(null, message, publicKey, sign(null, message, keys.resultKey())));
    const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
    const sealed = publicEncrypt(
      { key: createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" }), ...oaep },
      message,
    );
    assert.deepEqual(privateDecrypt({ key: keys.encryptionKey(), ...oaep }, sealed), message);
  });

  test("are fresh for every run, and gone when dropped", async () => {
    const other = await createRunKeys();
    assert.notEqual(other.encryptionJwk.kid, keys.encryptionJwk.kid);
    assert.notEqual(other.resultJwk.x, keys.resultJwk.x);
    other.drop();
    for (const key of [() => other.encryptionKey(), () => other.resultKey()])
      assert.throws(key, (error) => error instanceof PlatformError && error.code === "RUN_KEYS_DROPPED");
  });
});

describe("evidence", () => {
  const asked: Uint8Array[] = [];
  const processor: SecureProcessor = {
    hardwareRoot: "simulated",
    async report(reportData) {
      asked.push(reportData);
      return {
        source: "simulated",
        report: reportData,
        certificates: [],
        policyDocument: new Uint8Array(),
        measurementDocument: new Uint8Array(),
      };
    },
    close: () => undefined,
  };

  test("is a report over the digest of the claims, and carries their exact bytes", async () => {
    const claims = readerClaims({ nonce, tlsSpkiSha256 });
    const evidence = await evidenceFor(processor, claims);
    assert.deepEqual(evidence.runtimeClaims, claims);
    assert.deepEqual(evidence.report, await reportDataOf(claims));
  });

  test("is never made over claims that a verifier would refuse", async () => {
    const before = asked.length;
    for (const claims of [
      readerClaims({ nonce: nonce.subarray(1), tlsSpkiSha256 }),
      peerClaims({ nonce, tlsSpkiSha256, audience: "" }),
      new TextEncoder().encode('{"sealmesh": {}}'),
    ]) {
      await assert.rejects(
        evidenceFor(processor, claims),
        (error) => error instanceof PlatformError && error.code === "CLAIMS_INVALID",
      );
    }
    assert.equal(asked.length, before);
  });
});
