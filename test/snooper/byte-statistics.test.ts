import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  entropyOf,
  longestTextByChance,
  RANDOM_WINDOW_BITS,
  readBytes,
  WINDOW_BYTES,
} from "../../services/snooper/byte-statistics.ts";

const statisticsOf = (...chunks: readonly Uint8Array[]) => {
  const reader = readBytes();
  for (const chunk of chunks) reader.add(chunk);
  return reader.result();
};
const text = (length: number): Uint8Array => Buffer.from("Ava Thompson, Oslo, 42; ".repeat(length).slice(0, length));

test("entropy is 0 for one value, 1 for two, 8 for all", () => {
  assert.equal(entropyOf(new Uint8Array(100)), 0);
  assert.equal(entropyOf(Uint8Array.from({ length: 100 }, (_, index) => index % 2)), 1);
  assert.equal(entropyOf(Uint8Array.from({ length: 512 }, (_, index) => index % 256)), 8);
  assert.equal(entropyOf(new Uint8Array()), 0);
});

test("no window of 4 MiB of random bytes looks like data", () => {
  const { leastWindow, entropy, longestText } = statisticsOf(randomBytes(4 * 1024 * 1024));
  assert.ok((leastWindow ?? 0) > RANDOM_WINDOW_BITS, `${leastWindow}`);
  assert.ok(entropy > 7.999, `${entropy}`);
  assert.ok(longestText.length <= longestTextByChance(4 * 1024 * 1024), longestText);
});

test("text between random bytes shows in a window and as a run", () => {
  const { leastWindow, longestText } = statisticsOf(randomBytes(8_000), text(WINDOW_BYTES * 2), randomBytes(8_000));
  assert.ok((leastWindow ?? 8) < RANDOM_WINDOW_BITS, `${leastWindow}`);
  assert.ok(longestText.length > longestTextByChance(18_000));
});

test("a run that goes over a piece's end is one run", () => {
  const { longestText } = statisticsOf(Buffer.from("\0Ava "), Buffer.from("Thompson\0"));
  assert.equal(longestText, "Ava Thompson");
});

test("how the bytes come in pieces changes nothing", () => {
  const bytes = Buffer.concat([randomBytes(5_000), text(3_000), randomBytes(777)]);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 301) }, (_, index) =>
    bytes.subarray(index * 301, index * 301 + 301),
  );
  assert.deepEqual(statisticsOf(...pieces), statisticsOf(bytes));
});

test("bytes that are skipped count for the whole only", () => {
  const reader = readBytes();
  reader.add(Buffer.from("\0Ava"));
  reader.skip(text(4_096));
  reader.add(Buffer.from("Lee\0"));
  const { sizeBytes, leastWindow, longestText, entropy } = reader.result();
  assert.equal(sizeBytes, 4 + 4_096 + 4);
  assert.equal(leastWindow, undefined);
  assert.equal(longestText.length, 3);
  assert.ok(entropy > 3);
});

test("longer files may have longer runs by chance", () => {
  assert.equal(longestTextByChance(8_000), 24);
  assert.ok(longestTextByChance(1e9) > longestTextByChance(8_000));
});
