import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { SealingError, verifyPart, type Cipher, type PartIdentity } from "#sealing";
import { nodeCipher } from "#sealing-node";
import {
  cellsSchema,
  identity,
  readCells,
  sealFixture,
  smallFixture,
  unlockFixture,
  type SealedFixture,
} from "./sealed-fixture.ts";

const entryOf = (sealed: SealedFixture) => {
  const entry = sealed.manifest.parts[sealed.part];
  assert.ok(entry);
  return entry;
};

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof SealingError) return error.code;
    throw error;
  }
  return "read";
};

const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
};

test("refuses every file with one bit of one byte flipped", async (t) => {
  const sealed = await smallFixture();
  const { size, footer_length: footer } = entryOf(sealed);
  const counts: Record<string, number> = {};
  for (let at = 0; at < size; at++) {
    const file = flipped(sealed.file, at, at % 8);
    const code = await codeOf(readCells(sealed, file));
    counts[code] = (counts[code] ?? 0) + 1;
    // Readers of column ranges never fetch the leading magic: only the digest of the whole part covers it.
    const want = at < 4 ? "read" : at < size - footer ? "SEAL_BROKEN" : "MANIFEST_FOOTER_MISMATCH";
    assert.equal(code, want, `byte ${at}`);
    assert.equal(await codeOf(verifyPart(file, entryOf(sealed))), "MANIFEST_PART_MISMATCH", `byte ${at}`);
  }
  t.diagnostic(`${size} flips: ${JSON.stringify(counts)}`);
});

test("never crashes or changes its answer when a manifest vouches for a flipped footer", async (t) => {
  const sealed = await smallFixture();
  const entry = entryOf(sealed);
  const cells = await readCells(sealed);
  const counts: Record<string, number> = {};
  for (let at = entry.size - entry.footer_length; at < entry.size; at++) {
    const file = flipped(sealed.file, at, at % 8);
    const footer_sha256 = createHash("sha256").update(file.subarray(-entry.footer_length)).digest("hex");
    const manifest = { ...sealed.manifest, parts: [{ ...entry, footer_sha256 }] };
    const code = await codeOf(
      readCells({ ...sealed, manifest }, file).then((read) => assert.deepEqual(read, cells, `byte ${at}`)),
    );
    counts[code] = (counts[code] ?? 0) + 1;
  }
  // A changed wrapped key is not noticed by who has the data key already: that is what the manifest's digest is for.
  assert.deepEqual(Object.keys(counts).toSorted(), ["SEAL_BROKEN", "SEAL_UNSUPPORTED", "read"]);
  t.diagnostic(`${entry.footer_length} flips: ${JSON.stringify(counts)}`);
});

test("refuses every truncation of the file and of a chunk", async () => {
  const sealed = await smallFixture();
  for (let length = 0; length < sealed.file.length; length++)
    assert.equal(await codeOf(readCells(sealed, sealed.file.subarray(0, length))), "MANIFEST_FOOTER_MISMATCH");
  const part = await unlockFixture(sealed);
  for (const { name } of part.columns) {
    const chunk = part.unlockColumn(1, name, sealed.keys.get(name) ?? new Uint8Array());
    for (let length = 0; length < chunk.length; length++)
      assert.throws(() => chunk.readChunk(sealed.file.subarray(chunk.offset, chunk.offset + length)), {
        code: "SEAL_BROKEN",
      });
  }
});

/** Exchanges two byte ranges of the same length. */
const exchanged = (file: Uint8Array, a: number, b: number, length: number): Uint8Array => {
  const copy = file.slice();
  copy.set(file.subarray(a, a + length), b);
  copy.set(file.subarray(b, b + length), a);
  return copy;
};

const chunkOf = async (sealed: SealedFixture, rowGroup: number, name: string) =>
  (await unlockFixture(sealed)).unlockColumn(rowGroup, name, sealed.keys.get(name) ?? new Uint8Array());

test("refuses pages swapped within a chunk, and names the place", async () => {
  const sealed = await smallFixture();
  const chunk = await chunkOf(sealed, 1, "salary");
  const page = chunk.length / 3;
  const file = exchanged(sealed.file, chunk.offset, chunk.offset + page, page);
  await assert.rejects(readCells(sealed, file), (error) => {
    assert.ok(error instanceof SealingError);
    assert.equal(error.code, "SEAL_BROKEN");
    assert.deepEqual(error.data, { dataset: "contoso/employees", part: 0, column: "salary", rowGroup: 1, page: 0 });
    return true;
  });
});

const fixedKeys: Cipher = {
  ...nodeCipher,
  randomBytes: (length) => (length === 32 ? new Uint8Array(32).fill(7) : nodeCipher.randomBytes(length)),
};

test("refuses chunks swapped between row groups and between columns, even under one key", async () => {
  const sealed = await smallFixture({ cipher: fixedKeys });
  const chunks = [await chunkOf(sealed, 0, "salary"), await chunkOf(sealed, 1, "salary")] as const;
  const swapped = exchanged(sealed.file, chunks[0].offset, chunks[1].offset, chunks[0].length);
  assert.equal(await codeOf(readCells(sealed, swapped)), "SEAL_BROKEN");
  const schema = ["a", "b"].map((name) => ({ name, type: "INT32", nullable: false, class: "any" }) as const);
  const vector = { kind: "int32", values: Int32Array.of(1, 2, 3), valid: null } as const;
  const twins = await sealFixture({ schema, groups: [[vector, vector]], cipher: fixedKeys });
  const [a, b] = [await chunkOf(twins, 0, "a"), await chunkOf(twins, 0, "b")];
  assert.equal(await codeOf(readCells(twins, exchanged(twins.file, a.offset, b.offset, a.length))), "SEAL_BROKEN");
});

const others: Readonly<Record<string, PartIdentity>> = {
  "the same sealed again": identity,
  "another version": { ...identity, version: 2 },
  "another dataset": { ...identity, dataset: "contoso/customers" },
};
for (const [name, other] of Object.entries(others))
  test(`refuses a chunk of ${name}, even under the same data key`, async () => {
    const [mine, theirs] = [
      await smallFixture({ cipher: fixedKeys }),
      await smallFixture({ cipher: fixedKeys, identity: other }),
    ];
    const [chunk, foreign] = [await chunkOf(mine, 0, "salary"), await chunkOf(theirs, 0, "salary")];
    const file = mine.file.slice();
    file.set(theirs.file.subarray(foreign.offset, foreign.offset + foreign.length), chunk.offset);
    assert.equal(await codeOf(readCells(mine, file)), "SEAL_BROKEN");
  });

test("refuses one part in place of another", async () => {
  const [first, second] = [
    await smallFixture({ cipher: fixedKeys, identity: { ...identity, part: 0, parts: 2 } }),
    await smallFixture({ cipher: fixedKeys, identity: { ...identity, part: 1, parts: 2 } }),
  ];
  const parts = [entryOf(first), entryOf(second)];
  const manifest = { ...first.manifest, rows: 36, parts };
  assert.equal(await codeOf(readCells({ ...first, manifest })), "read");
  assert.equal(await codeOf(readCells({ ...first, manifest }, second.file)), "MANIFEST_FOOTER_MISMATCH");
  // Even if a manifest vouched for it: the part is bound into every module.
  const lying = { ...manifest, parts: [{ ...entryOf(second), part: 0 }, entryOf(first)] };
  assert.equal(await codeOf(readCells({ ...first, manifest: lying }, second.file)), "SEAL_BROKEN");
});

test("refuses a file that a stranger sealed with the right public keys, prefix and sizes", async () => {
  const [owner, stranger] = [await smallFixture(), await smallFixture()];
  assert.equal(stranger.file.length, owner.file.length);
  assert.equal(entryOf(stranger).footer_length, entryOf(owner).footer_length);
  assert.equal(await codeOf(readCells(stranger)), "read");
  assert.equal(await codeOf(readCells(owner, stranger.file)), "MANIFEST_FOOTER_MISMATCH");
});

test("refuses a footer whose schema or row count is not the manifest's", async () => {
  const sealed = await smallFixture();
  const [first, ...rest] = cellsSchema;
  assert.ok(first);
  for (const changed of [
    { ...first, name: "agee" },
    { ...first, type: "STRING" as const },
    { ...first, nullable: false },
    { ...first, class: "finance" },
  ])
    assert.equal(
      await codeOf(readCells({ ...sealed, manifest: { ...sealed.manifest, schema: [changed, ...rest] } })),
      "SEAL_BROKEN",
    );
  const manifest = { ...sealed.manifest, parts: [{ ...entryOf(sealed), rows: 17 }] };
  assert.equal(await codeOf(readCells({ ...sealed, manifest })), "SEAL_BROKEN");
});

test("refuses another column's key, and keys that are not 256 bits", async () => {
  const sealed = await smallFixture();
  const part = await unlockFixture(sealed);
  assert.throws(() => part.unlockColumn(0, "age", sealed.keys.get("city") ?? new Uint8Array()), {
    code: "SEAL_BROKEN",
  });
  assert.throws(() => part.unlockColumn(0, "age", new Uint8Array(16)), { code: "SEAL_UNSUPPORTED" });
});
