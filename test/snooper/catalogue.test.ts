import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scene, Target } from "../../services/snooper/attack.ts";
import { catalogueFor } from "../../services/snooper/catalogue.ts";

const target = (party: string, role: Target["role"]): Target => ({
  label: `${party}/${role}`,
  address: "127.0.0.1:1",
  serverName: "localhost",
  role,
  party,
});
const scene = (targets: readonly Target[], more: Partial<Scene> = {}): Scene => ({
  storage: "storage",
  targets,
  analyses: [],
  contracts: [],
  ...more,
});
const idsFor = (of: Scene): readonly string[] => catalogueFor(of).map(({ id }) => id);
const owner = (party: string): readonly Target[] => [target(party, "broker"), target(party, "provider")];
const evidence = ["key-without-evidence", "forged-evidence", "replayed-evidence"];

test("a mesh with an analytics partner and a changed copy of it has every attack", () => {
  const advanced = scene([...owner("contoso"), ...owner("fabrikam"), target("woodgrove", "analytics")], {
    analyses: [{ contract: "a", query: "b" }],
    changedAnalytics: { address: "127.0.0.1:2", serverName: "localhost" },
  });
  assert.deepEqual(idsFor(advanced), [
    "read-storage",
    ...evidence,
    "other-owners-key",
    "changed-code",
    "altered-bytes",
  ]);
});

test("owners alone have no changed code", () => {
  const demo = scene([...owner("contoso"), ...owner("fabrikam")]);
  assert.deepEqual(idsFor(demo), ["read-storage", ...evidence, "other-owners-key", "altered-bytes"]);
});

test("one owner alone has no other owner", () => {
  assert.deepEqual(idsFor(scene(owner("contoso"))), ["read-storage", ...evidence, "altered-bytes"]);
});

test("a storage alone can only be read", () => {
  assert.deepEqual(idsFor(scene([])), ["read-storage"]);
});

test("ids, titles and defences are each different", () => {
  const advanced = scene([...owner("contoso"), ...owner("fabrikam"), target("woodgrove", "analytics")]);
  const attacks = catalogueFor(advanced);
  for (const member of ["id", "title", "defence"] as const)
    assert.equal(new Set(attacks.map((attack) => attack[member])).size, attacks.length);
});
