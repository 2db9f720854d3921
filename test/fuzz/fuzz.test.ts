// What the fuzzer does for minutes, the suite does for seconds: every target on its own good inputs and on what is near them.
import assert from "node:assert/strict";
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test, type TestContext } from "node:test";
import { fuzz, type FuzzOutcome } from "./coverage-guided.ts";
import { type Plant, writePlainCopy } from "./plain-copy.ts";
import { plant } from "./planted-bug.ts";
import type { FuzzTarget } from "./target.ts";
import { target as base64 } from "./targets/base64.ts";

for (const file of globSync(join(import.meta.dirname, "targets", "*.ts"))) {
  test(`nothing is found near the good inputs of ${basename(file, ".ts")}`, async () => {
    const { target }: { readonly target: FuzzTarget } = await import(file);
    const seeds = await target.seeds();
    assert.ok(seeds.length > 0);
    for (const seed of seeds) {
      for (const length of [seed.length, seed.length - 1, Math.floor(seed.length / 2), 0])
        await target.run(seed.slice(0, Math.max(0, length)));
      for (const at of [0, 1, Math.floor(seed.length / 3), seed.length - 1])
        await target.run(seed.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    }
  });
}

const folderOf = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "sealmesh-fuzz-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

const fuzzBase64 = (folder: string, planted?: Plant): Promise<FuzzOutcome> => {
  writePlainCopy(folder, planted);
  const [corpus, findings] = [join(folder, "corpus"), join(folder, "findings")];
  return fuzz({ name: "base64", target: base64, folder, corpus, findings, seconds: 60, executions: 2000, seed: 1 });
};

test("the fuzzer sees what its inputs reach", async (t) => {
  const { status, executions, edges, inputs, findings, lastWords } = await fuzzBase64(folderOf(t));
  assert.equal(status, 0, lastWords.join("\n"));
  assert.ok(
    executions >= 2000 && edges > 10 && inputs > 5,
    `${executions} executions, ${edges} edges, ${inputs} inputs`,
  );
  assert.deepEqual(findings, []);
});

test("a finding is kept, and is what was found", async (t) => {
  const { findings, lastWords } = await fuzzBase64(folderOf(t), {
    file: "services/lib/attestation/encoding/base64.ts",
    before: "  let bits = 0;\n  let width = 0;\n  let at = 0;",
    insert: 'if (text === "qrvM3e7_") throw new TypeError("planted");',
  });
  assert.equal(findings.length, 1, lastWords.join("\n"));
  assert.deepEqual(readFileSync(findings[0] ?? ""), Buffer.from("qrvM3e7_"));
});

test("there is a place for the bug of --planted", (t) => {
  const folder = folderOf(t);
  writePlainCopy(folder, plant);
  assert.ok(readdirSync(folder).includes("test"));
  assert.match(readFileSync(join(folder, plant.file.replace(/\.ts$/, ".js")), "utf8"), /planted/);
});
