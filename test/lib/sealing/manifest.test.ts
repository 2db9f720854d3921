import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { encodeManifest, manifestDigest, parseManifest, SealingError, utf8, type Manifest } from "#sealing";
import { smallFixture } from "./sealed-fixture.ts";

const { manifest } = await smallFixture();

test("reads back the manifest it wrote", async () => {
  const payload = encodeManifest(manifest);
  assert.deepEqual(parseManifest(payload), manifest);
  assert.equal(await manifestDigest(payload), `sha256:${createHash("sha256").update(payload).digest("hex")}`);
});

const [part] = manifest.parts;
const [column] = manifest.schema;
assert.ok(part && column);
const demographics = manifest.keys["demographics"];
assert.ok(demographics);
const mutations: readonly (readonly [path: string, changed: object])[] = [
  ["v", { ...manifest, v: 2 }],
  ["extra", { ...manifest, extra: 1 }],
  ["dataset", { ...manifest, dataset: "contoso" }],
  ["version", { ...manifest, version: 0 }],
  ["version", { ...manifest, version: 1.5 }],
  ["rows", { ...manifest, rows: 17 }],
  ["schema", { ...manifest, schema: [...manifest.schema, column] }],
  ["schema", { ...manifest, schema: [] }],
  ["schema.0.name", { ...manifest, schema: [{ ...column, name: "footer" }] }],
  ["schema.0.name", { ...manifest, schema: [{ ...column, name: "a.b" }] }],
  ["schema.0.type", { ...manifest, schema: [{ ...column, type: "INT64" }] }],
  ["schema.0.class", { ...manifest, schema: [{ ...column, class: "footer" }] }],
  ["keys.other", { ...manifest, keys: { ...manifest.keys, other: demographics } }],
  ["keys.footer.master_key_id", { ...manifest, keys: { ...manifest.keys, footer: demographics } }],
  ["parts", { ...manifest, parts: [] }],
  ["parts.0.part", { ...manifest, parts: [{ ...part, part: 1 }] }],
  ["parts.0.sha256", { ...manifest, parts: [{ ...part, sha256: part.sha256.toUpperCase() }] }],
  ["parts.0.footer_length", { ...manifest, parts: [{ ...part, footer_length: part.size }] }],
];
for (const [index, [path, changed]] of mutations.entries())
  test(`refuses a manifest with another ${path} (${index}), naming it`, () => {
    assert.throws(
      () => parseManifest(encodeManifest(changed as Manifest)),
      (error) => {
        assert.ok(error instanceof SealingError);
        assert.equal(error.code, "MANIFEST_MALFORMED");
        assert.equal(error.data["path"], path);
        return true;
      },
    );
  });

test("refuses a class without a key", () => {
  const { footer: _, ...keys } = manifest.keys;
  assert.throws(() => parseManifest(encodeManifest({ ...manifest, keys })), { code: "MANIFEST_MALFORMED" });
});

test("refuses bytes that are not canonical JSON", () => {
  for (const bytes of [utf8(JSON.stringify(manifest, null, 1)), utf8(""), Uint8Array.of(0xff)])
    assert.throws(() => parseManifest(bytes), { code: "MANIFEST_MALFORMED" });
});
