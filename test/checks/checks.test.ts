// What a reviewer would run by hand: format, lint, types, contracts, and generated files that are what the generator makes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { compareReference, readReference } from "../../services/launcher/host/reference.ts";
import { currentReference } from "../../services/launcher/reference.ts";

const project = dirname(dirname(import.meta.dirname));
const tool = (name: string): string => join(project, "node_modules", ".bin", name);

const passes = (name: string, args: readonly string[], cwd = project): void => {
  const { status, stdout, stderr } = spawnSync(tool(name), args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${name} ${args.join(" ")}\n${stdout}${stderr}`);
};

test("the tree is formatted", () => passes("oxfmt", ["--check"]));
test("the type-aware linter finds nothing", () => passes("oxlint", ["--type-aware", "--deny-warnings"]));
test("services and tests type-check", () => passes("tsc", ["-p", "."]));
for (const zone of ["attestation", "sealing", "contract"]) {
  test(`lib/${zone} type-checks without Node types`, () => passes("tsc", ["-p", `services/lib/${zone}`]));
}
test("the page type-checks", () => passes("tsc", ["-p", "web"]));
test("the contracts pass the linter and are formatted", () => {
  passes("buf", ["lint"]);
  passes("buf", ["format", "--diff", "--exit-code"]);
});

test("the committed generated code is what the generator makes", () => {
  const copy = mkdtempSync(join(tmpdir(), "sealmesh-gen-"));
  try {
    for (const entry of ["proto", "buf.yaml", "buf.gen.yaml"])
      cpSync(join(project, entry), join(copy, entry), { recursive: true });
    const { status, stderr } = spawnSync(tool("buf"), ["generate"], {
      cwd: copy,
      encoding: "utf8",
      env: { ...process.env, PATH: `${join(project, "node_modules", ".bin")}:${process.env["PATH"] ?? ""}` },
    });
    assert.equal(status, 0, stderr);
    const list = (folder: string) => globSync("gen/ts/**/*.ts", { cwd: folder }).toSorted();
    assert.deepEqual(list(project), list(copy));
    for (const file of list(copy))
      assert.equal(readFileSync(join(project, file), "utf8"), readFileSync(join(copy, file), "utf8"), file);
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test("the lockfile and the manifest name exact versions and no registry", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(project, "package.json"), "utf8"),
  );
  for (const [name, version] of Object.entries<string>({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
  })) {
    assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
  }
  assert.doesNotMatch(readFileSync(join(project, "package-lock.json"), "utf8"), /"resolved"/);
});

test("the committed reference values are what the sources give", async () => {
  const committed = await readReference(join(project, "infra", "reference", "host-data.json"));
  assert.deepEqual(compareReference(committed, await currentReference()), []);
});
