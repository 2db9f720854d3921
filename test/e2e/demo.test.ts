import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { runMesh, type Line, type Ran } from "./mesh.ts";

interface Outcome {
  readonly contract: string;
  readonly query: string;
  readonly provider: string;
  readonly opened: boolean;
  readonly refused: boolean;
}

describe("the topology demo", () => {
  let ran: Ran;
  before(async () => {
    ran = await runMesh({ topology: "demo" });
  });
  const of = (type: string): readonly Line[] => ran.lines.filter((line) => line.type === type);

  test("ends with status 0", () => {
    assert.equal(ran.status, 0, ran.stderr);
  });

  test("has each owner's provider open its own records: the count, and one row as it is", () => {
    const opened = of("records");
    assert.deepEqual(
      opened.map(({ contract, rows }) => ({ contract, rows })),
      [
        { contract: "contoso-own-records", rows: 50 },
        { contract: "fabrikam-own-records", rows: 50 },
      ],
    );
    for (const { records } of opened) {
      const [row, ...more] = records as Record<string, unknown>[];
      assert.deepEqual(more, []);
      // Names, phones and addresses are in no query: they are not opened even here.
      assert.deepEqual(Object.keys(row ?? {}).toSorted(), ["age", "city", "country", "eye_color", "favorite_color"]);
      assert.ok(Object.values(row ?? {}).some((cell) => typeof cell === "string" && cell.length > 0));
    }
  });

  test("has each owner's broker refuse the other's provider, for its host data", () => {
    const denials = of("denial");
    assert.deepEqual(
      denials.map(({ contract }) => contract),
      ["contoso-own-records", "fabrikam-own-records"],
    );
    for (const { reason, clauses } of denials) {
      assert.equal(reason, "POLICY_REFUSED");
      assert.match(JSON.stringify(clauses), /x-ms-sevsnpvm-hostdata/);
    }
  });

  test("sums it up in the last line", () => {
    const outcomes = (ran.result?.["records"] ?? []) as readonly Outcome[];
    assert.deepEqual(
      outcomes.map(({ contract, provider, opened, refused }) => `${contract} ${provider} ${opened} ${refused}`),
      [
        "contoso-own-records contoso true false",
        "contoso-own-records fabrikam false true",
        "fabrikam-own-records contoso false true",
        "fabrikam-own-records fabrikam true false",
      ],
    );
  });

  test("has every attack that applies denied, and none that needs an analytics partner made", () => {
    const attacks = of("attack").map(({ attack, outcome }) => [attack, outcome]);
    assert.deepEqual(attacks, [
      ["read-storage", "DENIED"],
      ["key-without-evidence", "DENIED"],
      ["forged-evidence", "DENIED"],
      ["replayed-evidence", "DENIED"],
      ["other-owners-key", "DENIED"],
      ["altered-bytes", "DENIED"],
    ]);
    for (const { denials } of of("attack")) assert.ok((denials as unknown[]).length > 0);
  });
});
