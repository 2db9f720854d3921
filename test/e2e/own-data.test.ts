import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { freshFolder } from "./fresh.ts";
import { runMesh, type Line, type Ran } from "./mesh.ts";
import { peopleCsv } from "./people.ts";
import { newestContract } from "./state-folder.ts";

const python = spawnSync("python3", ["--version"]).status === 0;
const needsPython = python ? {} : { skip: "python3 is not here" };

const files = freshFolder();
const csv = (name: string, text: string): string => {
  const file = join(files, name);
  writeFileSync(file, text);
  return file;
};

interface Data {
  readonly contoso: string;
  readonly fabrikam: string;
}

/** What the query's answer is, computed by another program from the same files. */
const computed = (data: Data, least: number, extremes: "exact" | "kth"): unknown => {
  const program = join(import.meta.dirname, "demographics.py");
  const { status, stdout, stderr } = spawnSync(
    "python3",
    [program, `${least}`, extremes, `contoso=${data.contoso}`, `fabrikam=${data.fabrikam}`],
    { encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
};

const answerIn = (result: Line | undefined): unknown => {
  assert.ok(result !== undefined, "there is no result");
  const { rows, outputs, suppressed = {}, other = {} } = result;
  return { rows, outputs, suppressed, other };
};

const withData = (data: Partial<Data>): readonly string[] => [
  ...(data.contoso === undefined ? [] : ["--data", `contoso/employees=${data.contoso}`]),
  ...(data.fabrikam === undefined ? [] : ["--data", `fabrikam/customers=${data.fabrikam}`]),
];

interface ContractPayload {
  readonly version: number;
  readonly datasets: Readonly<Record<string, { readonly manifest: string }>>;
  readonly workloads: unknown;
  readonly queries: Readonly<Record<string, { readonly privacy: unknown }>>;
}

const contractIn = (state: string): ContractPayload => {
  const { payload } = JSON.parse(newestContract(state).text) as { payload: string }; // a DSSE envelope
  return JSON.parse(Buffer.from(payload, "base64").toString("utf8")) as ContractPayload; // by FORMATS.md, section 5
};

/** Everything in the storage that belongs to a version: signed manifests, and sealed parts. */
const sealedIn = (state: string): readonly string[] =>
  globSync(["storage/**/manifest.json", "storage/**/*.parquet"], { cwd: state }).toSorted();

/** The rows that a version of a dataset has, by its signed manifest. */
const rowsOf = (state: string, dataset: string, version: number): number => {
  const file = join(state, "storage", dataset, `${version}`, "manifest.json");
  const { payload } = JSON.parse(readFileSync(file, "utf8")) as { payload: string }; // a DSSE envelope
  return (JSON.parse(Buffer.from(payload, "base64").toString("utf8")) as { rows: number }).rows; // FORMATS.md, section 4
};

const ROWS = 10_000;
// The attacks take as long as all the rest, and the first start makes them all.
const without = ["gateway", "snooper", "changed_analytics"] as const;

describe("two files of 10,000 people with ties, empty cells, salaries of 0, and names that break CSV readers", () => {
  const data = {
    contoso: csv("employees.csv", peopleCsv(ROWS, { seed: 1, missingAges: true })),
    fabrikam: csv("customers.csv", peopleCsv(ROWS, { seed: 2, missingAges: false, form: "spreadsheet" })),
  };
  let first: Ran;
  before(async () => {
    first = await runMesh({ args: withData(data) });
  });

  test("are sealed and analysed by a first start", () => {
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(first.result?.["rows"], { contoso: ROWS, fabrikam: ROWS });
    assert.deepEqual(contractIn(first.state).queries["demographics"]?.privacy, { minimum_group: 3 });
  });

  test("have the result that another program computes, with the least group of 3 and its extremes", needsPython, () => {
    assert.deepEqual(answerIn(first.result), computed(data, 3, "kth"));
  });

  describe("given again in the same folder with other words for the contract", () => {
    let second: Ran;
    let before1: ContractPayload;
    before(async () => {
      before1 = contractIn(first.state);
      const words = ["--minimum-group", "1", "--extremes", "exact"];
      second = await runMesh({ state: first.state, without, args: [...withData(data), ...words] });
    });

    test("have the result that another program computes, with every group and exact extremes", needsPython, () => {
      assert.equal(second.status, 0, second.stderr);
      assert.deepEqual(answerIn(second.result), computed(data, 1, "exact"));
    });

    test("become version 2 of each dataset and of the contract, for the workloads that version 1 accepts", () => {
      const after = contractIn(second.state);
      assert.equal(before1.version, 1);
      assert.equal(after.version, 2);
      assert.deepEqual(after.workloads, before1.workloads);
      assert.deepEqual(after.queries["demographics"]?.privacy, { minimum_group: 1, extremes: "exact" });
      for (const dataset of ["contoso/employees", "fabrikam/customers"]) {
        assert.notEqual(after.datasets[dataset]?.manifest, before1.datasets[dataset]?.manifest);
        assert.equal(rowsOf(second.state, dataset, 2), ROWS);
      }
    });

    test("stay what they are when new words for the contract come without new data", async () => {
      const { text } = newestContract(second.state);
      const { status, stderr } = await runMesh({ state: second.state, args: ["--minimum-group", "5"] });
      assert.equal(status, 2);
      assert.match(stderr, /^sealmesh: OPTION_INVALID: /);
      assert.equal(newestContract(second.state).text, text);
    });

    test("stay what they are when one of two new files is refused", async () => {
      const sealed = sealedIn(second.state);
      const contract = newestContract(second.state).text;
      const ages = Array.from({ length: ROWS }, (_, at) => (at === 4_999 ? "forty-two" : "42"));
      const rows = ages.map((age) => `Ann,1,${age},1,Brown,Red,a,1,Paris,France\n`);
      const header = "name,phone,age,salary,eye_color,favorite_color,address,postal_code,city,country\n";
      const bad = csv("bad.csv", header + rows.join(""));
      const { status, stdout, stderr } = await runMesh({
        state: second.state,
        args: withData({ contoso: data.contoso, fabrikam: bad }),
      });
      assert.equal(status, 1);
      assert.match(stderr, /row 5000\b.*column age|column age.*row 5000\b/);
      assert.doesNotMatch(stderr + stdout, /forty-two/);
      assert.doesNotMatch(stdout, /"type":"ready"/, "the mesh does not start");
      assert.deepEqual(sealedIn(second.state), sealed, "no dataset has a new version");
      assert.equal(newestContract(second.state).text, contract);
      assert.equal(existsSync(join(second.state, "launcher.pid")), false);
    });

    test(
      "are followed by 200,000 other rows in the next version, which have the result that another program computes",
      needsPython,
      async (t) => {
        const many = csv("many.csv", peopleCsv(200_000, { seed: 4, missingAges: true }));
        const started = performance.now();
        const third = await runMesh({ state: second.state, without, args: withData({ ...data, contoso: many }) });
        t.diagnostic(`200,000 rows sealed and analysed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
        assert.equal(third.status, 0, third.stderr);
        assert.deepEqual(third.result?.["rows"], { contoso: 200_000, fabrikam: ROWS });
        assert.deepEqual(answerIn(third.result), computed({ ...data, contoso: many }, 1, "exact"));
        const contract = contractIn(third.state);
        assert.equal(contract.version, 3);
        assert.deepEqual(contract.workloads, before1.workloads);
        assert.deepEqual(contract.queries["demographics"]?.privacy, { minimum_group: 1, extremes: "exact" });
      },
    );
  });
});

test("a file for a dataset that is not in the topology, and a file that is not there, end the launcher with status 2", async () => {
  for (const word of [
    `woodgrove/loans=${csv("some.csv", "a\n1\n")}`,
    `contoso/employees=${join(files, "nowhere.csv")}`,
  ]) {
    const { status, stderr, state } = await runMesh({ args: ["--data", word] });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /^sealmesh: OPTION_INVALID: /);
    assert.deepEqual(sealedIn(state), []);
  }
});
