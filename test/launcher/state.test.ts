// The state folder: what was never finished is not there, and one launcher has it at a time.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { lockState } from "../../services/launcher/state-lock.ts";
import { stateIn } from "../../services/launcher/state.ts";

const freshState = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), "sealmesh-state-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return stateIn(folder);
};

test("a dataset version without its owner's manifest does not count", (t) => {
  const state = freshState(t);
  for (const version of [1, 2, 10]) mkdirSync(state.dataset("contoso/employees", version), { recursive: true });
  for (const version of [1, 10])
    writeFileSync(join(state.dataset("contoso/employees", version), "manifest.json"), "{}");
  assert.deepEqual(state.datasetVersions("contoso/employees"), [1, 10]);
  assert.deepEqual(state.datasetVersions("contoso/absent"), []);
});

test("contract versions are counted by their signed file, and in order of number", (t) => {
  const state = freshState(t);
  mkdirSync(join(state.contracts, "demographics"), { recursive: true });
  for (const name of ["2.json", "10.json", "1.json", "11.yaml", "11.signing"])
    writeFileSync(join(state.contracts, "demographics", name), "");
  assert.deepEqual(state.contractVersions("demographics"), [1, 2, 10]);
});

test("a state folder that a living launcher has is refused, one of a dead launcher is taken", (t) => {
  const state = freshState(t);
  const unlock = lockState(state);
  assert.throws(() => lockState(state), { code: "STATE_IN_USE", data: { pid: process.pid, state: state.root } });
  unlock();
  // A process id above any that Linux hands out.
  writeFileSync(join(state.root, "launcher.pid"), "4194305\n");
  lockState(state)();
});
