// `sealmesh seal` as its user meets it: good files seal, bad ones are refused with the place and leave nothing behind.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { parseManifest } from "#sealing";

const project = dirname(dirname(import.meta.dirname));
const folder = mkdtempSync(join(tmpdir(), "sealmesh-seal-"));
after(() => rmSync(folder, { recursive: true }));

const schema = join(folder, "people.schema.yaml");
writeFileSync(
  schema,
  `columns:
  - { name: name, type: STRING, class: identity, from: [full_name] }
  - { name: age, type: INT32, class: demographics }
  - { name: city, type: STRING, class: demographics, nullable: false }
ignore: [note]
`,
);

const sealmesh = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(project, "services", "cli", "main.ts"), ...args],
    { encoding: "utf8" },
  );
  return { status, stdout, stderr };
};

const keys = join(folder, "class-keys.json");
const made = sealmesh(
  "class-keys",
  "contoso/people",
  "--dataset-version",
  "1",
  "--schema",
  schema,
  "--broker-home",
  join(folder, "broker"),
  "--out",
  keys,
);
assert.equal(made.status, 0, made.stderr);

const seal = (name: string, csv: string) => {
  const file = join(folder, `${name}.csv`);
  const out = join(folder, name);
  writeFileSync(file, csv);
  return { out, ...sealmesh("seal", file, "--schema", schema, "--as", "contoso/people", "--keys", keys, "--out", out) };
};

const written = (out: string): readonly string[] => (existsSync(out) ? readdirSync(out) : []);

test("seals a file whose headers are mapped, with quoted cells, unicode and missing values", () => {
  const { status, stderr, out } = seal(
    "good",
    '\ufefffull_name,note,age,city\n"Sato, Hana",x,41,Osaka\n"O\'Brien ""Bo""\nJr",y,,Zürich\n,,0,Łódź\n',
  );
  assert.equal(status, 0, stderr);
  assert.deepEqual(written(out).toSorted(), ["manifest.unsigned.json", "part-0.parquet"]);
  const manifest = parseManifest(readFileSync(join(out, "manifest.unsigned.json")));
  assert.equal(manifest.rows, 3);
  assert.deepEqual(
    manifest.schema.map(({ name }) => name),
    ["name", "age", "city"],
  );
  assert.equal(readFileSync(join(out, "part-0.parquet")).includes("Sato"), false);
});

const secret = "Confidential-Value-123";
for (const [name, csv, place, status] of [
  ["word-for-age", `full_name,note,age,city\nA,,41,Osaka\nB,,${secret},Osaka\n`, /row 2, column age/, 1],
  ["age-too-large", "full_name,note,age,city\nA,,2147483648,Osaka\n", /row 1, column age/, 1],
  ["missing-city", "full_name,note,age,city\nA,,41,\n", /row 1, column city/, 1],
  ["missing-column", `full_name,note,age\n${secret},,41\n`, /no header for column city/, 2],
  [
    "unknown-column",
    "full_name,note,age,city,salary\nA,,41,Osaka,5\n",
    /header salary is neither mapped nor ignored/,
    2,
  ],
  ["doubled-column", "full_name,name,note,age,city\nA,B,,41,Osaka\n", /column name comes twice/, 2],
  ["ragged", `full_name,note,age,city\nA,,41,Osaka\n${secret},,41\n`, /not well-formed CSV at line 3/, 2],
  ["open-quote", `full_name,note,age,city\n"${secret},,41,Osaka\n`, /not well-formed CSV/, 2],
  ["empty", "", /no header/, 2],
] as const) {
  test(`refuses ${name} with its place, without its value, and writes nothing`, () => {
    const result = seal(name, csv);
    assert.equal(result.status, status, result.stderr);
    assert.match(result.stderr, place);
    assert.equal(result.stderr.includes(secret), false);
    assert.deepEqual(written(result.out), []);
  });
}

test("a file that is not there is unusable input", () => {
  const { status, stderr } = sealmesh(
    "seal",
    join(folder, "absent.csv"),
    "--schema",
    schema,
    "--as",
    "contoso/people",
    "--keys",
    keys,
    "--out",
    join(folder, "absent"),
  );
  assert.equal(status, 2);
  assert.match(stderr, /FILE_UNUSABLE/);
});

test("a signing key is never replaced", () => {
  const file = join(folder, "owner.key.pem");
  assert.equal(sealmesh("key", "create", file).status, 0);
  const before = readFileSync(file, "utf8");
  const { status, stderr } = sealmesh("key", "create", file);
  assert.equal(status, 2);
  assert.match(stderr, /FILE_EXISTS/);
  assert.equal(readFileSync(file, "utf8"), before);
});

test("the same seed gives the same sample, another seed another", () => {
  const sample = (seed: string, name: string): string => {
    const out = join(folder, name);
    assert.equal(sealmesh("sample", "--people", "customers", "--rows", "20", "--seed", seed, "--out", out).status, 0);
    return readFileSync(out, "utf8");
  };
  assert.equal(sample("7", "a.csv"), sample("7", "b.csv"));
  assert.notEqual(sample("7", "a.csv"), sample("8", "c.csv"));
});
