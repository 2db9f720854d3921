// `sealmesh simulate`, as an operator types it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { parseCrl } from "#attestation";
import { openSimulatedPki, type SimulatedPki } from "../../services/launcher/host/simulated-pki.ts";

const project = dirname(dirname(import.meta.dirname));
const root = mkdtempSync(join(tmpdir(), "sealmesh-simulate-"));
let pki: SimulatedPki;
before(async () => {
  pki = await openSimulatedPki(join(root, "host", "hardware"));
});
after(() => rmSync(root, { recursive: true }));

const simulate = (state: string, ...words: readonly string[]) => {
  const args = [join(project, "services", "cli", "main.ts"), "simulate", ...words, "--state", state];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { status, stderr, said: stdout === "" ? undefined : (JSON.parse(stdout) as unknown) };
};

test("raise-tcb installs firmware that the open machine has at once, as far as it is told", () => {
  const before = pki.signer().machine.reportedTcb;
  const current = { ...before, snp: 25, microcode: 220 };
  assert.deepEqual(simulate(root, "raise-tcb", "--snp", "25", "--microcode", "220", "--up-to", "current"), {
    status: 0,
    stderr: "",
    said: { chip: "milan", current, committed: before, reported: before },
  });
  const { machine } = pki.signer();
  assert.deepEqual([machine.current.tcb, machine.reportedTcb], [current, before]);
  assert.equal(simulate(root, "raise-tcb").status, 0);
  assert.deepEqual(pki.signer().machine.reportedTcb, current);
});

test("raise-tcb says why it does not", () => {
  const refused = simulate(root, "raise-tcb", "--fmc", "1");
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /^sealmesh: TCB_REFUSED: .*milan has no fmc\n$/);
  assert.equal(simulate(root, "raise-tcb", "--snp", "much").status, 2);
  assert.equal(simulate(root, "raise-tcb", "--up-to", "forgotten").status, 2);
});

test("revoke publishes a CRL that lists the intermediate", () => {
  const published = join(root, "collateral");
  assert.deepEqual(simulate(root, "revoke", "ask").said, { revoked: "ASK", published });
  assert.deepEqual([...parseCrl(readFileSync(join(published, "vcek-v1-Milan-crl.crl"))).revoked.keys()], ["010001"]);
  assert.match(simulate(root, "revoke", "ask").stderr, /^sealmesh: ALREADY_REVOKED: /);
  assert.equal(simulate(root, "revoke", "ark").status, 2);
});

test("nothing is made where nothing was started", () => {
  const elsewhere = join(root, "elsewhere");
  assert.match(simulate(elsewhere, "revoke", "ask").stderr, /^sealmesh: STATE_INCOMPLETE: /);
  assert.ok(!existsSync(elsewhere));
});
