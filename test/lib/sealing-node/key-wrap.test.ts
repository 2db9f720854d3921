import assert from "node:assert/strict";
import {
  constants,
  createCipheriv,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import { test } from "node:test";
import { SealingError } from "#sealing";
import { rsaPublicKey, unwrapKeyHsm, unwrapKeyOaep, wrapKeyHsm, wrapKeyOaep } from "#sealing-node";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
const stranger = generateKeyPairSync("rsa", { modulusLength: 3072 });
const failed = (error: unknown): true => {
  assert.ok(error instanceof SealingError);
  assert.equal(error.code, "KEY_UNWRAP_FAILED");
  assert.equal(error.message, "key does not unwrap");
  return true;
};

test("unwraps a data key under its own label and under no other", () => {
  const key = randomBytes(32);
  const wrapped = wrapKeyOaep(publicKey, key, "contoso/employees/1/finance/0/salary");
  assert.deepEqual(Buffer.from(unwrapKeyOaep(privateKey, wrapped, "contoso/employees/1/finance/0/salary")), key);
  for (const label of ["contoso/employees/1/finance/0/age", "", "contoso/employees/1/finance/1/salary"])
    assert.throws(() => unwrapKeyOaep(privateKey, wrapped, label), failed);
  assert.throws(() => unwrapKeyOaep(stranger.privateKey, wrapped, "contoso/employees/1/finance/0/salary"), failed);
  assert.throws(() => unwrapKeyOaep(privateKey, wrapped.subarray(1), "x"), failed);
});

test("takes RSA public keys of 3072 bits and more in each form, and nothing else", () => {
  const spki = publicKey.export({ format: "der", type: "spki" });
  const pem = publicKey.export({ format: "pem", type: "spki" });
  for (const form of [publicKey, spki, pem, privateKey]) assert.ok(rsaPublicKey(form).equals(publicKey));
  const { publicKey: weak } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { publicKey: ed25519 } = generateKeyPairSync("ed25519");
  for (const bad of [weak, ed25519, "x", spki.subarray(1)])
    assert.throws(() => rsaPublicKey(bad), { code: "KEY_MALFORMED" });
});

test("unwraps key_hsm payloads of every length", () => {
  for (const length of [1, 7, 8, 9, 32, 1000, 65_537]) {
    const payload = randomBytes(length);
    const keyHsm = wrapKeyHsm({ payload, recipient: publicKey, kid: "tee" });
    const read = unwrapKeyHsm({ keyHsm: JSON.parse(JSON.stringify(keyHsm)), privateKey, kid: "tee" });
    assert.deepEqual(Buffer.from(read), payload);
  }
});

test("shapes key_hsm as Key Vault does: OAEP of a 256-bit key, then AES-KWP", () => {
  const payload = randomBytes(50);
  const keyHsm = wrapKeyHsm({ payload, recipient: publicKey.export({ format: "jwk" }), kid: "tee" });
  assert.deepEqual(keyHsm.header, { kid: "tee", alg: "dir", enc: "RSA_AES_KEY_WRAP_256" });
  assert.equal(keyHsm.schema_version, "1.0");
  const bytes = Buffer.from(keyHsm.ciphertext, "base64url");
  assert.equal(bytes.length, 384 + 8 + 56);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const kek = privateDecrypt({ key: privateKey, padding, oaepHash: "sha256" }, bytes.subarray(0, 384));
  assert.equal(kek.length, 32);
  const cipher = createCipheriv("id-aes256-wrap-pad", kek, Buffer.from("a65959a6", "hex"));
  assert.deepEqual(Buffer.concat([cipher.update(payload), cipher.final()]), bytes.subarray(384));
});

test("answers every failure to unwrap alike", () => {
  const keyHsm = wrapKeyHsm({ payload: randomBytes(100), recipient: publicKey, kid: "tee" });
  const refuse = (changed: unknown, key = privateKey, kid = "tee") =>
    assert.throws(() => unwrapKeyHsm({ keyHsm: changed, privateKey: key, kid }), failed);
  refuse(keyHsm, stranger.privateKey);
  refuse(keyHsm, privateKey, "other");
  refuse({ ...keyHsm, schema_version: "2.0" });
  refuse({ ...keyHsm, header: { ...keyHsm.header, enc: "CKM_RSA_AES_KEY_WRAP" } });
  refuse({ ...keyHsm, extra: 1 });
  refuse(null);
  refuse(keyHsm, generateKeyPairSync("ed25519").privateKey);
  const bytes = Buffer.from(keyHsm.ciphertext, "base64url");
  for (let at = 0; at < bytes.length; at += 13) {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    refuse({ ...keyHsm, ciphertext: copy.toString("base64url") });
  }
  for (const length of [0, 1, 383, 384, 392, bytes.length - 8, bytes.length - 1])
    refuse({ ...keyHsm, ciphertext: bytes.subarray(0, length).toString("base64url") });
  refuse({ ...keyHsm, ciphertext: `${keyHsm.ciphertext}=` });
  const short = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    randomBytes(16),
  );
  refuse({ ...keyHsm, ciphertext: Buffer.concat([short, bytes.subarray(384)]).toString("base64url") });
});
