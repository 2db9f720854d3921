import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ed25519KeyOf, signEnvelope, utf8, verifyEnvelope } from "#sealing";
import {
  createClassKeys,
  createSigningKey,
  openClassKeys,
  openSigner,
  unwrapKeyOaep,
  rsaPublicKey,
  wrapKeyOaep,
} from "#sealing-node";

const folder = mkdtempSync(join(tmpdir(), "key-files-"));
after(() => rmSync(folder, { recursive: true }));

test("opens the class keys it made, and makes none twice", async () => {
  const options = { dataset: "contoso/employees", version: 1, classes: ["finance"] };
  const made = await createClassKeys(folder, options);
  assert.deepEqual(
    made.map(({ masterKeyId }) => masterKeyId),
    ["contoso/employees/1/finance", "contoso/employees/1/footer"],
  );
  assert.deepEqual(await createClassKeys(folder, options), made);
  const store = openClassKeys(folder);
  for (const { masterKeyId, spki } of made) {
    const wrapped = wrapKeyOaep(rsaPublicKey(spki), utf8("data key"), masterKeyId);
    const read = store.withPrivateKey(masterKeyId, (key) => unwrapKeyOaep(key, wrapped, masterKeyId));
    assert.deepEqual(read && new Uint8Array(read), utf8("data key"));
  }
  assert.equal(
    store.withPrivateKey("contoso/employees/2/finance", () => true),
    undefined,
  );
  assert.equal(statSync(join(folder, "class-keys.kek")).mode & 0o777, 0o600);
  assert.equal(readFileSync(join(folder, "class-keys.json"), "utf8").includes("PRIVATE"), false);
});

test("signs with the key in a file, and never replaces the file", async () => {
  const file = join(folder, "owner.pem");
  const made = createSigningKey(file);
  assert.throws(() => createSigningKey(file), { code: "EEXIST" });
  const opened = openSigner(file);
  assert.equal(opened.keyId, made.keyId);
  const envelope = await signEnvelope("text/plain", utf8("x"), opened);
  const keys = new Map([[made.keyId, ed25519KeyOf(made.keyId)]]);
  assert.deepEqual(await verifyEnvelope(envelope, { payloadType: "text/plain", keys, threshold: 1 }), utf8("x"));
  assert.equal(statSync(file).mode & 0o777, 0o600);
});
