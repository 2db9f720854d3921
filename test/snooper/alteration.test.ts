import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { flipBytes, restoreAltered, whileAltered } from "../../services/snooper/alteration.ts";

let storage: string;
let file: string;
beforeEach(() => {
  storage = mkdtempSync(join(tmpdir(), "altered-"));
  mkdirSync(join(storage, "contoso", "employees", "1"), { recursive: true });
  file = join(storage, "contoso", "employees", "1", "part-0.parquet");
  writeFileSync(file, "the owner's bytes");
});
afterEach(() => rmSync(storage, { recursive: true }));

const writeHalf = async (path: string): Promise<void> => {
  writeFileSync(path, "half");
  throw new Error("disk full");
};
const text = (): string => readFileSync(file, "utf8");
const names = (): readonly string[] => readdirSync(join(file, "..")).toSorted();

test("a file is altered while something is done, and as before afterwards", async () => {
  const seen = await whileAltered(
    file,
    (path) => flipBytes(path, [0, 4]),
    async () => text(),
  );
  assert.equal(seen, "uhe nwner's bytes");
  assert.equal(text(), "the owner's bytes");
  assert.deepEqual(names(), ["part-0.parquet"]);
});

test("a file is as before when what is done fails, and when the alteration itself does", async () => {
  await assert.rejects(
    whileAltered(
      file,
      (path) => flipBytes(path, [0]),
      () => Promise.reject(new Error("no")),
    ),
    /no/,
  );
  assert.equal(text(), "the owner's bytes");
  await assert.rejects(
    whileAltered(file, writeHalf, async () => "never"),
    /disk full/,
  );
  assert.equal(text(), "the owner's bytes");
});

test("a process that is killed in between leaves what the next start restores", async () => {
  const module = new URL("../../services/snooper/alteration.ts", import.meta.url).href;
  const program = `
    import { flipBytes, whileAltered } from ${JSON.stringify(module)};
    const path = ${JSON.stringify(file)};
    await whileAltered(path, (at) => flipBytes(at, [0]), async () => process.kill(process.pid, "SIGKILL"));`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "--eval", program]);
  assert.equal(signal, "SIGKILL");
  assert.equal(text(), "uhe owner's bytes");
  assert.deepEqual(await restoreAltered(storage), [file]);
  assert.equal(text(), "the owner's bytes");
  assert.deepEqual(names(), ["part-0.parquet"]);
  assert.deepEqual(await restoreAltered(storage), []);
});

test("a copy that was cut off is thrown away and never put back", async () => {
  writeFileSync(`${file}.snooper-backup.part`, "the ow");
  assert.deepEqual(await restoreAltered(storage), []);
  assert.equal(text(), "the owner's bytes");
  assert.deepEqual(names(), ["part-0.parquet"]);
});
