// Files that parquet-cpp and parquet-java wrote (apache/parquet-testing). None of them has the form that sealmesh demands,
// 256-bit keys under an AAD prefix that is not stored, so each is refused by name; the parts of the reader are tested on
// the 256-bit ones all the same.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openFooter, SealingError, toCells, utf8, type Manifest } from "#sealing";
import { nodeCipher, nodeZstd } from "#sealing-node";
import { openModule } from "../../../services/lib/sealing/modules.ts";
import { readChunkLayout } from "../../../services/lib/sealing/part-metadata.ts";
import { readChunk } from "../../../services/lib/sealing/sealed-chunk.ts";
import {
  binaryIn,
  integerIn,
  readStruct,
  readWholeStruct,
  structIn,
  structsIn,
  textIn,
} from "../../../services/lib/sealing/thrift-reader.ts";

const folder = join(import.meta.dirname, "../../../../shared/vectors/parquet");
const skip = existsSync(folder) ? false : "skipped: ../shared/vectors absent";

const footerOf = (file: Uint8Array): Uint8Array =>
  file.subarray(-(new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true) + 8));

const open = (file: Uint8Array) => {
  const footer = footerOf(file);
  const hash = createHash("sha256").update(footer).digest("hex");
  const manifest: Manifest = {
    v: 1,
    dataset: "parquet/testing",
    version: 1,
    schema: [{ name: "int32_field", type: "INT32", nullable: false, class: "any" }],
    rows: 50,
    keys: {},
    parts: [{ part: 0, size: file.length, rows: 50, sha256: hash, footer_length: footer.length, footer_sha256: hash }],
  };
  return openFooter(footer, { manifest, part: 0 });
};

const refusals: Readonly<Record<string, RegExp>> = {
  "uniform_encryption.parquet.encrypted": /does not ask for an AAD prefix/,
  "encrypt_columns_and_footer.parquet.encrypted": /does not ask for an AAD prefix/,
  "encrypt_columns_and_footer_aad.parquet.encrypted": /AAD prefix is stored/,
  "encrypt_columns_and_footer_disable_aad_storage.parquet.encrypted": /key metadata of the footer is not PKMT1/,
  "encrypt_columns_and_footer_ctr.parquet.encrypted": /AES_GCM_CTR_V1/,
  "external_key_material_java.parquet.encrypted": /does not ask for an AAD prefix/,
  "aes256/uniform_encryption.parquet.encrypted": /does not ask for an AAD prefix/,
  "aes256/encrypt_columns_and_footer.parquet.encrypted": /does not ask for an AAD prefix/,
};

test("knows every encrypted vector there is", { skip }, () => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".encrypted"),
  );
  assert.deepEqual(files.toSorted(), Object.keys(refusals).toSorted());
});

for (const [name, why] of Object.entries(refusals))
  test(`refuses ${name} by name`, { skip }, async () => {
    await assert.rejects(open(readFileSync(join(folder, name))), (error) => {
      assert.ok(error instanceof SealingError);
      assert.equal(error.code, "SEAL_UNSUPPORTED");
      assert.match(error.message, why);
      return true;
    });
  });

test("refuses a plaintext footer and a file that is not Parquet", { skip }, async () => {
  const file = readFileSync(join(folder, "uniform_encryption.parquet.encrypted"));
  const ending = (magic: string) => new Uint8Array(Buffer.concat([file.subarray(0, -4), utf8(magic)]));
  await assert.rejects(open(ending("PAR1")), { code: "SEAL_UNSUPPORTED" });
  await assert.rejects(open(ending("PARK")), { code: "SEAL_BROKEN" });
});

test("decrypts the footer and the int32 column that parquet-cpp sealed with 256 bits", { skip }, () => {
  const file = new Uint8Array(readFileSync(join(folder, "aes256/encrypt_columns_and_footer.parquet.encrypted")));
  const footer = footerOf(file);
  const { struct: clear, end } = readStruct(footer);
  const fileAad = binaryIn(structIn(structIn(clear, 1), 1), 2);
  const place = { dataset: "parquet/testing" };
  const base = "1234567890123456789012345678901";
  const opened = openModule({
    cipher: nodeCipher,
    key: utf8(`0${base}`),
    fileAad,
    identity: { type: "footer", ordinals: [] },
    bytes: footer,
    offset: end,
    place,
  });
  const metadata = readWholeStruct(opened.plaintext);
  const [, ...leaves] = structsIn(metadata, 2);
  const ordinal = leaves.findIndex((leaf) => textIn(leaf, 4) === "int32_field");
  const column = { name: "int32_field", type: "INT32", nullable: false, class: "any" } as const;
  const key = utf8(`${base}5`);
  const values = structsIn(metadata, 4).flatMap((group, rowGroup) => {
    const sealed = binaryIn(structsIn(group, 1)[ordinal] ?? new Map(), 9);
    const identity = { type: "columnMetaData", ordinals: [rowGroup, ordinal] } as const;
    const plain = openModule({ cipher: nodeCipher, key, fileAad, identity, bytes: sealed, offset: 0, place });
    const rows = integerIn(group, 3);
    const dataEnd = file.length - footer.length;
    const layout = readChunkLayout(readWholeStruct(plain.plaintext), { column, rows, dataEnd, place });
    const keys = { column, rowGroup, ordinal, rows, layout, key, fileAad, cipher: nodeCipher, codec: nodeZstd, place };
    return toCells(readChunk(keys, file.subarray(layout.offset, layout.offset + layout.length)));
  });
  assert.deepEqual(
    values,
    Array.from({ length: values.length }, (_, index) => index),
  );
  assert.equal(values.length, integerIn(metadata, 3));
  assert.ok(values.length > 0);
});
