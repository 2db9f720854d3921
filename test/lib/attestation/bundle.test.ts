// What a browser must load to verify evidence: the whole door, as the page's own build tool packs it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const LIMIT = 60_000;

test(`the verifier's bundle is at most ${LIMIT} bytes of gzip`, async (context) => {
  const entry = new URL("../../../services/lib/attestation/index.ts", import.meta.url).pathname;
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, minify: true, lib: { entry, formats: ["es"], fileName: "attestation" } },
  });
  const outputs = [built].flat().flatMap((one) => ("output" in one ? one.output : []));
  const code = outputs.flatMap((one) => (one.type === "chunk" ? [one.code] : []));
  assert.equal(code.length, 1);
  const size = gzipSync(code[0] ?? "", { level: 9 }).length;
  context.diagnostic(`${size} bytes`);
  assert.ok(size > 1_000, "the bundle holds something");
  assert.ok(size <= LIMIT, `${size} bytes, want at most ${LIMIT}`);
});
