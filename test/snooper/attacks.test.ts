import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createAttackRunner, type AttackEvent } from "../../services/snooper/attack-runner.ts";
import type { Scene } from "../../services/snooper/attack.ts";
import type { Outcome } from "../../services/snooper/attempt.ts";
import { openConnections } from "../../services/snooper/connections.ts";
import { openSmallMesh, type SmallMesh } from "./small-mesh.ts";

let mesh: SmallMesh;
before(async () => {
  mesh = await openSmallMesh();
});
after(() => mesh.close());

const runnerOf = (scene: Scene) =>
  createAttackRunner({ scene, connect: () => openConnections(undefined), tlsSpkiSha256: null });

const attack = async (
  scene: Scene,
  id: string,
): Promise<{ readonly steps: readonly string[]; readonly outcome: Outcome }> => {
  const steps: string[] = [];
  for await (const event of runnerOf(scene).run(id, new AbortController().signal)) {
    if (event.kind === "outcome") return { steps, outcome: event.outcome };
    steps.push(event.description);
  }
  throw new Error("the attack ended without an outcome");
};

const reasonsOf = ({ denials }: Outcome): readonly string[] => denials.map(({ reason }) => reason);

const storageDigest = (): string => {
  const hash = createHash("sha256");
  for (const dataset of ["contoso/employees", "fabrikam/customers"])
    hash.update(readFileSync(join(mesh.storage, dataset, "1", "part-0.parquet")));
  return hash.digest("hex");
};

for (const topology of ["advanced", "demo"] as const) {
  test(`${topology}: every attack that applies is denied, and the storage is as before`, async () => {
    const before = storageDigest();
    const outcomes = new Map<string, string>();
    for (const { id } of runnerOf(mesh[topology]).attacks) {
      const { outcome } = await attack(mesh[topology], id);
      outcomes.set(id, `${outcome.result} ${[...new Set(reasonsOf(outcome))].join(" ")}`);
    }
    const both = {
      "read-storage": "DENIED CIPHERTEXT",
      "key-without-evidence": "DENIED EVIDENCE_MISSING REPORT_MALFORMED",
      "forged-evidence": "DENIED EVIDENCE_SIGNATURE EVIDENCE_ROOT_UNTRUSTED",
      "replayed-evidence": "DENIED EVIDENCE_PURPOSE EVIDENCE_REPORT_DATA",
      "other-owners-key": "DENIED POLICY_REFUSED",
      "altered-bytes": "DENIED SEAL_BROKEN MANIFEST_FOOTER_MISMATCH",
    };
    const wanted = topology === "demo" ? both : { ...both, "changed-code": "DENIED POLICY_REFUSED" };
    assert.deepEqual(Object.fromEntries(outcomes), wanted);
    assert.equal(storageDigest(), before);
  });
}

for (const id of ["changed-code", "other-owners-key"]) {
  test(`${id} is refused for what runs, in both values`, async () => {
    const { outcome } = await attack(mesh.advanced, id);
    assert.ok(outcome.denials.length > 0);
    for (const { explanation } of outcome.denials)
      assert.match(explanation, /x-ms-sevsnpvm-hostdata equals [0-9a-f]{64}, seen [0-9a-f]{64}/);
  });
}

test("asks for another owner's keys in both directions", async () => {
  const { outcome } = await attack(mesh.advanced, "other-owners-key");
  assert.deepEqual(
    outcome.denials.map(({ attempt }) => attempt),
    [
      "contoso/provider asks fabrikam/broker for the keys of fabrikam/customers under small-analysis/cities",
      "fabrikam/provider asks contoso/broker for the keys of contoso/employees under small-analysis/cities",
    ],
  );
});

test("names the place of an altered byte, and goes on past a page that the query does not read", async () => {
  const { steps, outcome } = await attack(mesh.demo, "altered-bytes");
  assert.match(steps[0] ?? "", /no column that the query reads lies there/);
  assert.match(outcome.denials[0]?.explanation ?? "", /contoso\/employees, part 0, column age, row group 0/);
});

test("says what does leak", async () => {
  const { outcome } = await attack(mesh.advanced, "read-storage");
  assert.match(outcome.learned, /contoso\/employees version 1: 60 rows.*name \(STRING, class identity\)/);
  assert.match(outcome.learned, /fabrikam\/customers\/1\/footer/);
});

test("says that unchanged code that gets the keys is a success of the attacker", async () => {
  const analytics = mesh.advanced.targets.find(({ role }) => role === "analytics");
  const { outcome } = await attack({ ...mesh.advanced, changedAnalytics: analytics }, "changed-code");
  assert.equal(outcome.result, "SUCCEEDED");
  assert.match(outcome.learned, /it got the keys/);
});

test("refuses a second attack while one runs, and restores when the watcher leaves", async () => {
  const before = storageDigest();
  const runner = runnerOf(mesh.demo);
  const first: AsyncGenerator<AttackEvent> = runner.run("altered-bytes", new AbortController().signal);
  await first.next();
  await assert.rejects(runner.run("read-storage", new AbortController().signal).next(), { code: "RATE_LIMITED" });
  await first.return(undefined);
  assert.equal(storageDigest(), before);
  const next = await runner.run("read-storage", new AbortController().signal).next();
  assert.equal(next.value?.kind, "step");
});

test("takes the next attack as soon as the outcome of one is known", async () => {
  const runner = runnerOf(mesh.demo);
  for await (const event of runner.run("read-storage", new AbortController().signal)) {
    if (event.kind !== "outcome") continue;
    const next = await runner.run("read-storage", new AbortController().signal).next();
    assert.equal(next.value?.kind, "step");
  }
});

test("does not know an attack that does not apply", async () => {
  await assert.rejects(runnerOf(mesh.demo).run("changed-code", new AbortController().signal).next(), {
    code: "ATTACK_UNKNOWN",
  });
});
