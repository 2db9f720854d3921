// The import rules of the tree, executed: who may import whom.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";

const project = dirname(import.meta.dirname);
const read = (file: string): string => readFileSync(join(project, file), "utf8");
const sources = globSync(["services/**/*.ts", "web/src/**/*.ts"], { cwd: project }).filter(
  (file) => !file.includes("node_modules"),
);

const specifiersOf = (file: string): readonly string[] =>
  [...read(file).matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)"([^"]+)"/g)].map((match) => match[1] ?? "");

/** What each zone may import besides its own files. A word that ends with * stands for all that begin so. */
const rules: Readonly<Record<string, readonly string[]>> = {
  "services/lib/attestation": [],
  "services/lib/sealing": ["#attestation", "canonicalize", "valibot"],
  "services/lib/contract": ["#attestation", "#sealing", "valibot", "yaml"],
  "services/lib/sealing-node": ["#sealing", "node:*", "valibot"],
  "services/lib/platform": ["#attestation", "#sealing", "node:*"],
  "services/lib/mesh": [
    "#attestation",
    "#sealing",
    "#sealing-node",
    "#contract",
    "#platform",
    "#gen/*",
    "node:*",
    "@bufbuild/protobuf*",
    "@connectrpc/*",
    "@grpc/*",
    "grpc-health-check",
    "valibot",
  ],
  "services/provider": ["#*", "node:*", "@bufbuild/protobuf*", "@connectrpc/connect", "valibot"],
  "services/broker": ["#*", "node:*", "@bufbuild/protobuf*", "@connectrpc/connect", "valibot"],
  "services/analytics": ["#*", "node:*", "@bufbuild/protobuf*", "@connectrpc/connect", "valibot"],
  "services/snooper": ["#*", "node:*", "@bufbuild/protobuf*", "@connectrpc/connect", "valibot"],
  "services/gateway": ["#*", "node:*", "@bufbuild/protobuf*", "@connectrpc/*", "sirv", "valibot"],
  "services/launcher": ["#*", "node:*", "@peculiar/x509", "reflect-metadata", "valibot", "yaml"],
  "services/cli": [
    "#*",
    "node:*",
    "@bufbuild/protobuf*",
    "@connectrpc/connect",
    "commander",
    "cli-progress",
    "csv-parse",
    "valibot",
    "yaml",
  ],
  "web/src": [
    "#attestation",
    "#sealing",
    "#contract",
    "#gen/*",
    "@bufbuild/protobuf*",
    "@connectrpc/connect",
    "@connectrpc/connect-web",
  ],
};

const zoneOf = (file: string): string | undefined => Object.keys(rules).find((zone) => file.startsWith(`${zone}/`));

const allowed = (specifier: string, words: readonly string[]): boolean =>
  words.some((word) => (word.endsWith("*") ? specifier.startsWith(word.slice(0, -1)) : specifier === word));

test("every source file belongs to a zone with import rules", () => {
  assert.deepEqual(
    sources.filter((file) => zoneOf(file) === undefined),
    [],
  );
});

test("no zone imports what its rules do not allow, and relative imports stay inside the zone", () => {
  const broken = sources.flatMap((file) => {
    const zone = zoneOf(file) ?? "";
    return specifiersOf(file)
      .filter((specifier) => {
        if (!specifier.startsWith(".")) return !allowed(specifier, rules[zone] ?? []);
        return relative(join(project, zone), resolve(project, dirname(file), specifier)).startsWith("..");
      })
      .map((specifier) => `${file} imports ${specifier}`);
  });
  assert.deepEqual(broken, []);
});

test("the isomorphic zones have compilers without Node types", () => {
  for (const zone of ["attestation", "sealing", "contract"]) {
    assert.match(read(`services/lib/${zone}/tsconfig.json`), /"types": \[\]/);
  }
});

test("libraries have one door, and doors export by name", () => {
  for (const [door, target] of Object.entries<string>(JSON.parse(read("package.json")).imports)) {
    if (door === "#gen/*") continue;
    assert.match(target, /^\.\/services\/lib\/[a-z-]+\/index\.ts$/, door);
    assert.doesNotMatch(read(target), /export \*/, door);
  }
});

test("no file is longer than 300 lines, none is named for nothing", () => {
  const all = [...sources, ...globSync("test/**/*.ts", { cwd: project })];
  assert.deepEqual(
    all.filter((file) => read(file).split("\n").length > 301),
    [],
  );
  assert.deepEqual(
    all.filter((file) => /(utils?|helpers?|common|manager|misc|shared)\b/.test(file)),
    [],
  );
});
