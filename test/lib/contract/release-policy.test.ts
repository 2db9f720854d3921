import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { operators, parseReleasePolicy, PolicyError } from "#contract";

const clause = { claim: "a", equals: "1" };
const policy = (...conditions: readonly unknown[]) => ({
  version: "1.0.0",
  anyOf: [{ authority: "https://x.example", allOf: conditions }],
});
const text = (member: string) =>
  `{"version":"1.0.0","anyOf":[{"authority":"x","allOf":[{"claim":"a","equals":${member}}]}]}`;

const nest = (levels: number) =>
  JSON.stringify(policy(clause)).replace(
    /\{"claim".*?\}/,
    `${'{"allOf":['.repeat(levels)}${JSON.stringify(clause)}${"]}".repeat(levels)}`,
  );

function refusal(input: unknown): PolicyError {
  try {
    parseReleasePolicy(input);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "nothing was refused" });
}

test("parses text and object alike, and gives back what it was given", () => {
  const nested = policy(clause, { anyOf: [{ claim: "b.c", exists: true }, { allOf: [{ claim: "d", equals: 3 }] }] });
  assert.deepEqual(parseReleasePolicy(nested), nested);
  assert.deepEqual(parseReleasePolicy(JSON.stringify(nested)), nested);
});

test("parses each of the seven operators", () => {
  assert.equal(operators.length, 7);
  for (const operator of operators) {
    const one = policy({ claim: "a", [operator]: "true" });
    assert.deepEqual(parseReleasePolicy(one), one);
  }
});

const refused: readonly (readonly [name: string, policy: unknown, pointer: string, message: RegExp])[] = [
  ["text that is not JSON", "{", "", /is not json/],
  ["a list", [], "", /is not an object/],
  ["a missing version", { anyOf: [] }, "/version", /version is missing, want 1\.0\.0/],
  ["the preview's version", { ...policy(clause), version: "0.2" }, "/version", /version is "0\.2"/],
  ["an unknown member", { ...policy(clause), note: "" }, "/note", /unknown member "note"/],
  ["no authorities", { version: "1.0.0", anyOf: [] }, "/anyOf", /list is empty/],
  ["a spelling of the grammar's page", { version: "1.0.0", anyof: [] }, "/anyof", /unknown member "anyof"/],
  [
    "an authority without issuer",
    { version: "1.0.0", anyOf: [{ allOf: [clause] }] },
    "/anyOf/0/authority",
    /authority is not a text/,
  ],
  [
    "an authority with allOf and anyOf",
    { version: "1.0.0", anyOf: [{ authority: "x", allOf: [clause], anyOf: [clause] }] },
    "/anyOf/0",
    /has allOf and anyOf/,
  ],
  [
    "an authority with neither",
    { version: "1.0.0", anyOf: [{ authority: "x" }] },
    "/anyOf/0",
    /neither allOf nor anyOf/,
  ],
  ["an empty group", policy({ anyOf: [] }), "/anyOf/0/allOf/0/anyOf", /list is empty/],
  ["a group with both", policy({ anyOf: [clause], allOf: [clause] }), "/anyOf/0/allOf/0", /has allOf and anyOf/],
  [
    "a group with a claim",
    policy({ claim: "a", equals: "1", anyOf: [clause] }),
    "/anyOf/0/allOf/0/anyOf",
    /unknown member/,
  ],
  ["a clause without operator", policy({ claim: "a" }), "/anyOf/0/allOf/0", /has 0 operators/],
  [
    "a clause with two operators",
    policy({ claim: "a", equals: "1", notEquals: "2" }),
    "/anyOf/0/allOf/0",
    /has 2 operators/,
  ],
  ["an unknown operator", policy({ claim: "a", matches: "1" }), "/anyOf/0/allOf/0/matches", /unknown member "matches"/],
  [
    "the preview's clause",
    policy({ claim: "a", condition: "equals", value: "1" }),
    "/anyOf/0/allOf/0/condition",
    /unknown member/,
  ],
  ["a list as value", policy({ claim: "a", equals: ["1"] }), "/anyOf/0/allOf/0/equals", /wants a text/],
  ["an object as value", policy({ claim: "a", equals: {} }), "/anyOf/0/allOf/0/equals", /wants a text/],
  ["null as value", policy({ claim: "a", equals: null }), "/anyOf/0/allOf/0/equals", /wants a text/],
  ["a fraction as value", policy({ claim: "a", equals: 1.5 }), "/anyOf/0/allOf/0/equals", /wants a text/],
  ["a number beyond 2^53 - 1", text("9007199254740993"), "/anyOf/0/allOf/0/equals", /wants a text/],
  ["exists with another word", policy({ claim: "a", exists: "yes" }), "/anyOf/0/allOf/0/exists", /true or false/],
  ["a claim that is no text", policy({ claim: 1, equals: "1" }), "/anyOf/0/allOf/0/claim", /claim is not a name/],
  [
    "a claim with an empty step",
    policy({ claim: "a..b", equals: "1" }),
    "/anyOf/0/allOf/0/claim",
    /claim is not a name/,
  ],
  ["a duplicate member", text('"1","equals":"2"'), "", /member twice/],
  [
    "a duplicate list of authorities",
    '{"version":"1.0.0","anyOf":[{"authority":"x","allOf":[{"claim":"a","equals":"1"}]}],"anyOf":[{"authority":"y","allOf":[{"claim":"a","equals":"1"}]}]}',
    "",
    /member twice/,
  ],
  ["a duplicate member in another spelling", text('"1","\\u0065quals":"2"'), "", /member twice/],
  [
    "1,001 clauses",
    policy(...Array.from({ length: 1001 }, () => clause)),
    "/anyOf/0/allOf/1000",
    /more than 1000 clauses/,
  ],
];

for (const [name, input, pointer, message] of refused) {
  test(`refuses ${name} and says where`, () => {
    const error = refusal(input);
    assert.equal(error.code, "POLICY_MALFORMED");
    assert.equal(error.data.pointer, pointer);
    assert.match(error.message, message);
  });
}

test("a colon in a text is no member", () => {
  const one = policy({ claim: "a", equals: 'x": "y' }, { claim: "b", equals: "\\" });
  assert.deepEqual(parseReleasePolicy(JSON.stringify(one, null, 2)), one);
});

test("nests 32 levels and no more, however deep the text goes on", () => {
  parseReleasePolicy(nest(30));
  assert.match(refusal(nest(31)).message, /nested deeper than 32/);
  assert.match(refusal(nest(50_000)).message, /nested deeper than 32/);
});

test("accepts 1,000 clauses, and refuses 10 MB at once", () => {
  assert.equal(parseReleasePolicy(policy(...Array.from({ length: 1000 }, () => clause))).anyOf.length, 1);
  const start = performance.now();
  assert.match(refusal(" ".repeat(10_000_000)).message, /10000000 characters/);
  assert.ok(performance.now() - start < 1000);
});

// Policies of Microsoft's samples and documentation: the pointer of the refusal, or null for one that parses.
const vectors: Readonly<Record<string, string | null>> = {
  "cleanroom-local-skr.json": null,
  "cvm-default-authorities.json": null,
  "cvm-securekey-readme-1.json": null,
  "docs-grammar-1.txt": "",
  "docs-grammar-2.txt": "",
  "docs-grammar-4.txt": "",
  "docs-grammar-5.txt": "",
  "docs-grammar-7.txt": "",
  "docs-grammar-8.txt": "/version",
  "kms-key-release-policy-add.json": "/actions",
  "seed-maa-release.json": null,
  "seed-vm-template.json": null,
  "sidecar-importkey-skr.json": "/key",
  "sidecar-readme-encfs-v02.json": "/version",
  "sidecar-readme-skr.json": null,
};
const folder = fileURLToPath(new URL("../../../../shared/vectors/azure/release-policy", import.meta.url));
const skip = existsSync(folder) ? false : "skipped: ../shared/vectors absent";

test("parses the published policies, or refuses them by name", { skip }, () => {
  assert.deepEqual(readdirSync(folder).toSorted(), Object.keys(vectors));
  for (const [name, pointer] of Object.entries(vectors)) {
    const published = readFileSync(`${folder}/${name}`, "utf8");
    if (pointer === null) assert.deepEqual(parseReleasePolicy(published), JSON.parse(published), name);
    else assert.equal(refusal(published).data.pointer, pointer, name);
  }
});
