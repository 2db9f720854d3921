import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeCipher, nodeZstd } from "#sealing-node";

const key = new Uint8Array(32);
const nonce = new Uint8Array(12);
const none = new Uint8Array();

test("encrypts as NIST's AES-256-GCM test cases 13 and 14", () => {
  const tag = nodeCipher.seal({ key, nonce, aad: none, bytes: none });
  assert.equal(Buffer.from(tag).toString("hex"), "530f8afbc74536b9a963b4f1c4cb738b");
  const sealed = nodeCipher.seal({ key, nonce, aad: none, bytes: new Uint8Array(16) });
  assert.equal(Buffer.from(sealed).toString("hex"), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
});

test("opens what it sealed, and nothing that differs in one bit", () => {
  const aad = Uint8Array.of(1, 2, 3);
  const sealed = nodeCipher.seal({ key, nonce, aad, bytes: Uint8Array.of(4, 5) });
  assert.deepEqual(new Uint8Array(nodeCipher.open({ key, nonce, aad, bytes: sealed })), Uint8Array.of(4, 5));
  for (let at = 0; at < sealed.length; at++) {
    const bytes = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte));
    assert.throws(() => nodeCipher.open({ key, nonce, aad, bytes }));
  }
  assert.throws(() => nodeCipher.open({ key, nonce, aad: aad.subarray(1), bytes: sealed }));
  assert.throws(() => nodeCipher.open({ key, nonce, aad, bytes: sealed.subarray(0, 15) }));
});

test("decompresses to at most the size it is told", () => {
  const bomb = nodeZstd.compress(new Uint8Array(50_000_000));
  assert.ok(bomb.length < 10_000);
  assert.throws(() => nodeZstd.decompress(bomb, 1000));
  assert.equal(nodeZstd.decompress(bomb, 50_000_000).length, 50_000_000);
  assert.throws(() => nodeZstd.decompress(Uint8Array.of(1, 2, 3), 1000));
});
