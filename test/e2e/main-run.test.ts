import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import * as v from "valibot";
import { freshFolder, takePorts } from "./fresh.ts";
import { assertNone, runMesh, startMesh, type Line, type Mesh, type Ran } from "./mesh.ts";
import { descendantsOf, leftAfter, processesNaming } from "./processes.ts";
import { runProgram, sealmesh } from "./program.ts";
import { resultShape } from "./result-shape.ts";
import { copyState, newestContract } from "./state-folder.ts";

interface Attack {
  readonly outcome: string;
  readonly denials: readonly { readonly attempt: string; readonly reason: string; readonly explanation: string }[];
}

const outcomeOf = (lines: readonly Line[], id: string): Attack => {
  const line = lines.find(({ type, attack }) => type === "attack" && attack === id);
  assert.ok(line !== undefined, `attack ${id} was not made`);
  return line as unknown as Attack; // the tests below look at every member
};

describe("the main run from an empty folder", () => {
  let ran: Ran;
  before(async () => {
    ran = await runMesh();
  });

  test("ends with status 0, and nothing but JSON on stdout", () => {
    assert.equal(ran.status, 0, ran.stderr);
    assert.equal(ran.stderr, "");
    for (const line of ran.lines) assert.equal(typeof line.type, "string", JSON.stringify(line));
  });

  test("prints the result last, in the shape of the formats", () => {
    const result = v.parse(resultShape, ran.result);
    assert.deepEqual(result.rows, { contoso: 50, fabrikam: 50 });
    assert.ok(result.outputs.countries.length > 5, "the table of countries is mostly filled");
    assert.equal(ran.lines.filter(({ type }) => type === "result").length, 1);
  });

  test("names no group of fewer rows than the contract allows", () => {
    const { outputs, other = {} } = v.parse(resultShape, ran.result);
    const rows = [...Object.values(outputs), ...Object.values(other)].flat();
    const nested = outputs.countries.flatMap(({ cities, other: rest }) => [...cities, ...(rest ? [rest] : [])]);
    for (const row of [...rows, ...nested]) assert.ok(row.count >= 3, JSON.stringify(row));
  });

  test("streams every stage, and rows and bytes of every party up to all of them", () => {
    const progress = ran.lines.filter(({ type }) => type === "progress");
    const stages = new Set(progress.map(({ stage }) => stage));
    assert.deepEqual(stages, new Set(["APPRAISING", "OBTAINING_KEYS", "AGGREGATING", "SIGNING"]));
    for (const party of ["contoso", "fabrikam"]) {
      const last = progress.findLast((line) => line.stage === "AGGREGATING" && line["party"] === party);
      assert.ok(last !== undefined, party);
      assert.deepEqual([last["rows_done"], last["rows_total"]], [50, 50]);
      assert.equal(last["bytes_done"], last["bytes_total"]);
    }
  });

  test("says that the hardware is simulated, and for the page the digest that a reader trusts", () => {
    const ready = ran.lines.find(({ type }) => type === "ready");
    assert.equal(ready?.["hardware"], "simulated");
    assert.match(String(ready?.["page"]), /^http:\/\/localhost:\d+\/#trust=sha256:/);
    assert.equal(String(ready?.["page"]).split("#trust=")[1], ran.result?.["contract"]);
  });

  const attacks: readonly (readonly [id: string, reasons: readonly string[]])[] = [
    ["read-storage", ["CIPHERTEXT"]],
    ["key-without-evidence", ["EVIDENCE_MISSING", "REPORT_MALFORMED"]],
    ["forged-evidence", ["EVIDENCE_SIGNATURE", "EVIDENCE_ROOT_UNTRUSTED"]],
    ["replayed-evidence", ["EVIDENCE_PURPOSE", "EVIDENCE_REPORT_DATA"]],
    ["other-owners-key", ["POLICY_REFUSED"]],
    ["changed-code", ["POLICY_REFUSED"]],
    ["altered-bytes", ["SEAL_BROKEN", "MANIFEST_FOOTER_MISMATCH"]],
  ];
  for (const [id, reasons] of attacks) {
    test(`the attack ${id} is denied with ${reasons.join(" and ")}`, () => {
      const { outcome, denials } = outcomeOf(ran.lines, id);
      assert.equal(outcome, "DENIED");
      assert.deepEqual(new Set(denials.map(({ reason }) => reason)), new Set(reasons));
      for (const { explanation, attempt } of denials) assert.ok(explanation.length > 0 && attempt.length > 0);
    });
  }

  test("no attack is made that is not looked at here", () => {
    const made = ran.lines.filter(({ type }) => type === "attack").map(({ attack }) => attack);
    assert.deepEqual(
      made,
      attacks.map(([id]) => id),
    );
  });

  test("each attack on keys is denied by both owners", () => {
    for (const id of ["key-without-evidence", "forged-evidence", "replayed-evidence", "other-owners-key"]) {
      const attempts = outcomeOf(ran.lines, id).denials.map(({ attempt }) => attempt);
      for (const owner of ["contoso", "fabrikam"])
        assert.ok(
          attempts.some((attempt) => attempt.includes(`keys of ${owner}`)),
          `${id}: ${owner}`,
        );
    }
  });

  test("a genuine TEE of another workload, and changed code, are denied for their host data", () => {
    for (const id of ["other-owners-key", "changed-code"])
      for (const { explanation } of outcomeOf(ran.lines, id).denials)
        assert.match(explanation, /x-ms-sevsnpvm-hostdata equals [0-9a-f]{64}, seen [0-9a-f]{64}/);
  });

  describe("its result", () => {
    const verify = (result: unknown, changes: { readonly contract?: string; readonly trust?: string } = {}) => {
      const file = join(freshFolder(), "result.json");
      writeFileSync(file, typeof result === "string" ? result : JSON.stringify(result));
      const contract = changes.contract ?? newestContract(ran.state).file;
      const trust = changes.trust ?? String(ran.result?.["contract"]);
      return sealmesh(["verify", file, "--contract", contract, "--trust", trust]);
    };
    /** Another digit or letter in the place of the one at `at`. */
    const changedAt = (text: string, at: number): string =>
      `${text.slice(0, at)}${text[at] === "7" ? "8" : "7"}${text.slice(at + 1)}`;
    const genuine = () => v.parse(resultShape, ran.result);

    test("is proved offline with the signed contract", async () => {
      const { status, stdout, stderr } = await verify(ran.result);
      assert.equal(status, 0, stderr);
      for (const step of ["evidence", "workload", "statement"])
        assert.match(stdout, new RegExp(`^verified  ${step}: `, "m"));
      assert.doesNotMatch(stdout, /FAILED/);
    });

    test("names the contract whose payload has its digest", () => {
      const { payload } = JSON.parse(newestContract(ran.state).text) as { payload: string }; // a DSSE envelope
      const digest = createHash("sha256").update(Buffer.from(payload, "base64")).digest("hex");
      assert.equal(genuine().contract, `sha256:${digest}`);
    });

    test("is not proved after one changed character in its outputs", async () => {
      const result = genuine();
      const text = JSON.stringify(result);
      const { stdout, stderr, status } = await verify(text.replace(/"count":(\d)/, (all) => changedAt(all, 8)));
      assert.equal(status, 1);
      assert.match(stderr, /NOT_VERIFIED/);
      assert.match(stdout, /FAILED {2}statement: result_sha256/);
    });

    test("is not proved after one changed character in its runtime claims", async () => {
      const { evidence, ...rest } = genuine();
      const claims = Buffer.from(evidence.runtime_claims, "base64").toString("utf8");
      const changed = changedAt(claims, claims.indexOf('"result_sha256":"') + 20);
      const runtime_claims = Buffer.from(changed).toString("base64");
      const { stdout, stderr, status } = await verify({ ...rest, evidence: { ...evidence, runtime_claims } });
      assert.equal(status, 1);
      assert.match(stderr, /NOT_VERIFIED/);
      assert.match(stdout, /FAILED {2}evidence: /);
    });

    test("is not proved after one changed bit of its report", async () => {
      const { evidence, ...rest } = genuine();
      const report = Buffer.from(evidence.report, "base64");
      report[0x90] = (report[0x90] ?? 0) ^ 1; // MEASUREMENT, AMD 56860 table 23
      const { stdout, status } = await verify({
        ...rest,
        evidence: { ...evidence, report: report.toString("base64") },
      });
      assert.equal(status, 1);
      assert.match(stdout, /FAILED {2}evidence: /);
    });

    test("is not proved after one changed character in its statement or in the signature", async () => {
      const { statement, ...rest } = genuine();
      const payload = Buffer.from(statement.payload, "base64").toString("utf8");
      const changed = changedAt(payload, payload.indexOf('"time":"') + 9);
      const [signature] = statement.signatures;
      assert.ok(signature !== undefined);
      const sig = Buffer.from(signature.sig, "base64");
      sig[0] = (sig[0] ?? 0) ^ 1;
      for (const altered of [
        { ...statement, payload: Buffer.from(changed).toString("base64") },
        { ...statement, signatures: [{ ...signature, sig: sig.toString("base64") }] },
      ]) {
        const { stdout, stderr, status } = await verify({ ...rest, statement: altered });
        assert.equal(status, 1);
        assert.match(stderr, /NOT_VERIFIED/);
        assert.match(stdout, /FAILED {2}statement: /);
      }
    });

    test("is not proved under another digest than the one that is trusted", async () => {
      const { contract } = genuine();
      const { stderr, status } = await verify(ran.result, { trust: changedAt(contract, contract.length - 1) });
      assert.equal(status, 1);
      assert.match(stderr, /NOT_VERIFIED: the contract is sha256:/);
    });

    test("is not proved by a contract of which a character was changed", async () => {
      const { text } = newestContract(ran.state);
      const { payload, ...rest } = JSON.parse(text) as { payload: string }; // a DSSE envelope
      const changed = Buffer.from(payload, "base64").toString("utf8").replace('"minimum_group":3', '"minimum_group":1');
      const contract = join(freshFolder(), "contract.json");
      writeFileSync(contract, JSON.stringify({ ...rest, payload: Buffer.from(changed).toString("base64") }));
      const { status, stdout } = await verify(ran.result, { contract });
      assert.notEqual(status, 0);
      assert.doesNotMatch(stdout, /verified/);
    });
  });

  describe("started again in the same folder", () => {
    test("a launcher that is interrupted in the middle of the run leaves no process, and the folder works afterwards", async () => {
      const state = copyState(ran.state);
      const mesh = await startMesh({ state });
      await mesh.line(({ type }) => type === "attack-started");
      assert.ok(descendantsOf(mesh.pid).length >= 7);
      const { status } = await mesh.stop();
      assert.equal(status, 1, "a run that was interrupted is not a success");
      assert.equal(existsSync(join(state, "launcher.pid")), false);
      const again = await runMesh({ state });
      assert.equal(again.status, 0, again.stderr);
      assert.equal(again.result?.["contract"], ran.result?.["contract"]);
    });
  });

  describe("while a mesh is up", () => {
    let mesh: Mesh;
    before(async () => {
      mesh = await startMesh({ state: copyState(ran.state) });
      await mesh.ready;
    });

    test("a second launcher on its state folder is refused with STATE_IN_USE", async () => {
      const { status, stderr, stdout } = await runMesh({ state: mesh.state });
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, /^sealmesh: STATE_IN_USE: /);
      assert.ok(stderr.includes(`${mesh.pid}`) && stderr.includes(mesh.state), stderr);
    });

    test("a second launcher on its ports is refused with PORT_TAKEN", async () => {
      const { status, stderr } = await runMesh({ ports: mesh.ports });
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(`^sealmesh: PORT_TAKEN: port ${mesh.ports.mesh + 1} for contoso/broker `));
    });

    test("kill -9 of the launcher leaves no process behind, and the next start takes the folder", async () => {
      await mesh.line(({ type }) => type === "attack-started");
      const below = descendantsOf(mesh.pid);
      assert.ok(below.length >= 7);
      mesh.signal("SIGKILL");
      await mesh.ended;
      assertNone(await leftAfter(below, 5_000), "outlived the launcher");
      assertNone(processesNaming(mesh.state), "is left");
      const next = await startMesh({ state: mesh.state });
      await next.ready;
      await next.stop();
    });
  });
});

test("an interrupted first start leaves no process", async () => {
  const mesh = await startMesh();
  await mesh.line(({ type, command }) => type === "command" && (command as string[])[0] === "seal");
  const { status } = await mesh.stop();
  assert.equal(status, 1);
});

test("a taken port is named, with how to choose another", async () => {
  const ports = await takePorts();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(ports.mesh + 4, "127.0.0.1", resolve));
  const state = join(freshFolder(), "state");
  const { status, stderr, stdout } = await runMesh({ ports, state });
  server.close();
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, new RegExp(`^sealmesh: PORT_TAKEN: port ${ports.mesh + 4} for fabrikam/provider .*--mesh-port`));
  assert.equal(existsSync(state), false, "nothing was made");
});

test("words that the launcher does not know end it with status 2", async () => {
  for (const args of [
    ["--onec"],
    ["--once", "stray"],
    ["--minimum-group", "0"],
    ["--minimum-group", "few"],
    ["--extremes", "approximate"],
    ["--tls", "maybe"],
    ["--mesh-port", "70000"],
    ["--data", "contoso/employees"],
    ["--data", "contoso/employees=a.csv", "--data", "contoso/employees=b.csv"],
  ]) {
    const { status, stderr, stdout } = await runProgram("services/launcher/main.ts", args);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, /^sealmesh: OPTION_INVALID: /);
    assert.equal(stdout, "");
  }
});
