import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetTrust, parseTrust, recallTrust, type TrustStore } from "../../web/src/trust.ts";

const [one, two] = [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`];

const emptyStore = (): TrustStore => {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
};

test("the fragment gives one digest, or several", () => {
  assert.deepEqual(parseTrust(`#trust=${one}`), { kind: "anchors", digests: [one] });
  assert.deepEqual(parseTrust(`#trust=${one},${two},${one}`), { kind: "anchors", digests: [one, two] });
});

test("without a digest there is no anchor, and another text is none", () => {
  assert.deepEqual(parseTrust(""), { kind: "none" });
  for (const text of ["", "sha256:12", one.toUpperCase(), `${one},`, "anything"]) {
    assert.deepEqual(parseTrust(`#trust=${text}`), { kind: "malformed", text });
  }
});

test("an anchor is kept until it is forgotten, and a malformed one does not bring the kept one back", () => {
  const store = emptyStore();
  assert.equal(recallTrust(`#trust=${one}`, store).kind, "anchors");
  assert.deepEqual(recallTrust("", store), { kind: "anchors", digests: [one] });
  assert.equal(recallTrust("#trust=other", store).kind, "malformed");
  forgetTrust(store);
  assert.deepEqual(recallTrust("", store), { kind: "none" });
});
