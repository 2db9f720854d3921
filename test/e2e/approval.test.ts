import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { runMesh, startMesh, type Line, type Ran } from "./mesh.ts";
import { sealmesh } from "./program.ts";
import { addComment, copyProject, withChange } from "./project-copy.ts";
import { newestContract } from "./state-folder.ts";

interface Denial extends Line {
  readonly broker: string;
  readonly reason: string;
  readonly clauses: readonly { readonly claim: string; readonly expected: string; readonly seen: string }[];
}

const HOST_DATA = "x-ms-sevsnpvm-hostdata";
const MEASUREMENT = "x-ms-sevsnpvm-launchmeasurement";

/** What each owner's broker said no to, by the claims of the clauses that are not met. */
const refusedClaims = (lines: readonly Line[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    (lines.filter(({ type }) => type === "denial") as Denial[]).map(({ broker, reason, clauses }) => {
      assert.equal(reason, "POLICY_REFUSED");
      for (const { claim, expected, seen } of clauses) assert.notEqual(expected, seen, claim);
      return [broker, clauses.map(({ claim }) => claim)];
    }),
  );

describe("in the folder of a good first start", () => {
  const project = copyProject();
  // The attacks are not what this is about, and take as long as all the rest.
  const without = ["gateway", "snooper", "changed_analytics"] as const;
  let state: string;
  let contract: string;
  const start = (environment: Readonly<Record<string, string>> = {}): Promise<Ran> =>
    runMesh({ project, state, without, environment });

  before(async () => {
    const first = await runMesh({ project, without });
    assert.equal(first.status, 0, first.stderr);
    state = first.state;
    contract = newestContract(state).text;
  });

  const changes: readonly (readonly [what: string, file: string, change: (text: string) => string, claim: string])[] = [
    ["a letter of a comment under services/analytics", "services/analytics/run.ts", changedComment, HOST_DATA],
    ["a letter of a comment under services/lib", "services/lib/sealing/manifest.ts", changedComment, HOST_DATA],
    [
      "a byte of an installed production package",
      "node_modules/@bufbuild/protobuf/dist/esm/index.js",
      (text) => text.replace("Copyright", "copyright"),
      MEASUREMENT,
    ],
    [
      "a space in the imports of package.json",
      "package.json",
      (text) => text.replace('"#sealing":', '"#sealing" :'),
      HOST_DATA,
    ],
  ];
  for (const [what, file, change, claim] of changes) {
    test(`${what} makes both brokers refuse, and names ${claim}`, async () => {
      const { status, lines, result } = await withChange(
        join(project, file),
        (text) => {
          const changed = change(text);
          assert.notEqual(changed, text, "the change changes something");
          return changed;
        },
        () => start(),
      );
      assert.equal(status, 1);
      assert.equal(result, undefined);
      assert.deepEqual(refusedClaims(lines), { contoso: [claim], fabrikam: [claim] });
      assert.equal(newestContract(state).text, contract, "a start does not renew a contract");
    });
  }

  test("NODE_OPTIONS makes both brokers refuse, and names the measurement", async () => {
    const { status, lines } = await start({ NODE_OPTIONS: "--no-warnings" });
    assert.equal(status, 1);
    assert.deepEqual(refusedClaims(lines), { contoso: [MEASUREMENT], fabrikam: [MEASUREMENT] });
    assert.equal(newestContract(state).text, contract);
  });

  test("with everything as it was, the same contract is in force and the run succeeds", async () => {
    const { status, lines, stderr } = await start();
    assert.equal(status, 0, stderr);
    assert.deepEqual(refusedClaims(lines), {});
    assert.equal(newestContract(state).text, contract);
  });

  test("a file that changes after the start changes nothing that runs", async () => {
    const mesh = await startMesh({ project, state, without });
    const analytics = await mesh.at("woodgrove/analytics");
    await mesh.line(({ type }) => type === "staying");
    const reach = ["--at", analytics, "--ca", join(state, "ca.pem")];
    const { file } = newestContract(state);
    const analyse = () =>
      sealmesh(["analyze", "partner-demographics/demographics", ...reach, "--contract", file, "--json"], { project });
    const before = await analyse();
    const after = await withChange(join(project, "services", "analytics", "run.ts"), changedComment, analyse);
    for (const { status, stdout, stderr } of [before, after]) {
      assert.equal(status, 0, stderr);
      const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Line; // the result comes last
      assert.deepEqual(last["rows"], { contoso: 50, fabrikam: 50 });
    }
    const { status } = await mesh.stop();
    assert.equal(status, 0, mesh.stderr());
  });

  test("approve has all owners sign what is there now, and the next start succeeds", async () => {
    const same = await sealmesh(["approve", "--state", state], { project });
    assert.equal(same.status, 0, same.stderr);
    assert.equal(newestContract(state).version, 1, "without a change there is nothing to sign");

    addComment(join(project, "services", "analytics", "run.ts"));
    addComment(join(project, "services", "lib", "mesh", "index.ts"));
    const { status, stdout, stderr } = await sealmesh(["approve", "--state", state], { project });
    assert.equal(status, 0, stderr);
    const approved = newestContract(state);
    assert.equal(approved.version, 2);
    const { payload, signatures } = JSON.parse(approved.text) as { payload: string; signatures: { keyid: string }[] }; // a DSSE envelope
    const { parties } = JSON.parse(Buffer.from(payload, "base64").toString("utf8")) as {
      parties: Record<string, { owner_key?: string }>;
    }; // FORMATS.md, section 5
    const owners = Object.values(parties).flatMap(({ owner_key }) => (owner_key === undefined ? [] : [owner_key]));
    assert.equal(owners.length, 2);
    assert.deepEqual(signatures.map(({ keyid }) => keyid).toSorted(), owners.toSorted());
    for (const workload of ["woodgrove/analytics", "contoso/provider", "fabrikam/provider"])
      assert.ok(stdout.includes(workload), `says that ${workload} is another one`);

    const next = await start();
    assert.equal(next.status, 0, next.stderr);
    assert.deepEqual(refusedClaims(next.lines), {});
    assert.equal(newestContract(state).text, approved.text);
    assert.notEqual(approved.text, contract);
  });
});

/** One letter of the first comment in another case. */
function changedComment(text: string): string {
  return text.replace(
    /^(\/\/ |\/\*\* )([A-Za-z])/m,
    (_, opening: string, letter: string) =>
      opening + (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()),
  );
}
