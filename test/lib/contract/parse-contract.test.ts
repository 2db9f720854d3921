import assert from "node:assert/strict";
import { test } from "node:test";
import { contractDigest, ContractError, contractPayload, parseContract, parseContractYaml } from "#contract";
import { canonicalJson } from "#sealing";
import { altered, sampleYaml } from "./sample-contract.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const key = (digit: string) => `ed25519:${digit.repeat(42)}A`;

function refusal(read: () => unknown): ContractError {
  try {
    read();
  } catch (error) {
    if (error instanceof ContractError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "nothing was refused" });
}

test("YAML and canonical JSON give the same contract, payload and digest", async () => {
  const contract = parseContractYaml(sampleYaml);
  const payload = contractPayload(contract);
  assert.deepEqual(parseContract(payload), contract);
  assert.deepEqual(contractPayload(parseContract(payload)), payload);
  assert.match(await contractDigest(payload), /^sha256:[0-9a-f]{64}$/);
});

test("canonical JSON is YAML too, and gives the same contract", () => {
  const contract = parseContractYaml(sampleYaml);
  assert.deepEqual(parseContractYaml(canonicalJson(contract)), contract);
});

test("the digest does not depend on how the YAML is laid out", async () => {
  const moved = sampleYaml
    .replace("version: 1\n", "")
    .replace("# Who may compute what.", "version: 1 # first, and with a comment")
    .replace("{ minimum_group: 3 }", "\n      minimum_group: 3")
    .replaceAll("\n", "\r\n");
  assert.notEqual(moved, sampleYaml);
  assert.equal(
    await contractDigest(contractPayload(parseContractYaml(moved))),
    await contractDigest(contractPayload(parseContractYaml(sampleYaml))),
  );
});

// The expected value was computed by another implementation: Python's json with sorted keys, and hashlib.
test("the digest of a fixed contract is a fixed value", async () => {
  const contract = parseContractYaml(`
contract: one
version: 7
parties: { a: { owner_key: ${key("1")}, broker: { url: https://a.example, key: ${key("2")}, ca: sha256:${"3".repeat(64)} } } }
datasets: { a/d: { manifest: sha256:${"4".repeat(64)}, classes: { c: [x] } } }
workloads: { a/w: { hardware: [Turin, Milan], host_data: [sha256:${"5".repeat(64)}], measurement: [sha384:${"6".repeat(96)}], minimum_tcb: { 1a-02: { fmc: 1, boot_loader: 1, tee: 1, snp: 4, microcode: 81 } } } }
queries: { q: { run_by: a/w, over: [a/d], records: { show: 2, columns: [x] }, recipients: [x25519:${"7".repeat(42)}A] } }
valid: { from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z }
`);
  assert.equal(
    await contractDigest(contractPayload(contract)),
    "sha256:30e8f5d2893126f14f6d812097752459e5cb7c165167756f2fe6a61774f8ea6a",
  );
});

test("an unquoted time stays text", () => {
  assert.deepEqual(parseContractYaml(sampleYaml).valid, {
    from: "2026-11-24T10:00:00Z",
    until: "2027-11-24T10:00:00Z",
  });
});

const refusedYaml: readonly (readonly [name: string, text: string, message: RegExp, line: number, column: number])[] = [
  ["an anchor", "a: &x 1", /anchor &x is not allowed/, 1, 4],
  ["an alias", "a: 1\nb: *x", /alias \*x is not allowed/, 2, 4],
  ["a tag", "a:\n  - !!str 1", /tag !!str is not allowed/, 2, 5],
  ["a local tag", "a: !thing 1", /tag !thing is not allowed/, 1, 4],
  ["a directive", "%YAML 1.1\n---\na: 1", /directive %YAML 1\.1 is not allowed/, 1, 1],
  ["a second document", "a: 1\n---\nb: 1", /a second document, want one/, 2, 1],
  ["a duplicate key", "a: 1\nb: 2\na: 1", /a is here twice/, 3, 1],
  ["a duplicate key in two spellings", 'a: 1\n"a": 1', /a is here twice/, 2, 1],
  ["a nested duplicate key", "a: { b: 1, b: 1 }", /b is here twice/, 1, 12],
  ["a duplicate key that is a number", '1: a\n"1": b', /1 is here twice/, 2, 1],
  ["a key that is a list", "? [a]\n: 1", /keys must be strings/, 1, 3],
  ["a float", "a: 1.0", /1\.0 is not a decimal integer/, 1, 4],
  ["a hexadecimal number", "a: 0x10", /0x10 is not a decimal integer/, 1, 4],
  ["an octal number", "a: 0o17", /0o17 is not a decimal integer/, 1, 4],
  ["a number with a leading zero", "a: 010", /010 is not a decimal integer/, 1, 4],
  ["infinity", "a: .inf", /\.inf is not a decimal integer/, 1, 4],
  ["an open bracket", "a: [1", /end with a \]/, 1, 6],
  ["a bracket that closes nothing", "a: 1\n]", /\] closes nothing/, 2, 1],
  ["deep flow nesting", `a: ${"[".repeat(1000)}${"]".repeat(1000)}`, /nested deeper than 32/, 1, 36],
  ["deep compact nesting", `${"- ".repeat(1000)}1`, /indented by more than 64 columns/, 1, 65],
  [
    "deep block nesting",
    Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
    /indented by more than 64/,
    66,
    1,
  ],
  ["nothing", "", /want Object/, 1, 1],
  ["a name of Object.prototype", "parties: { __proto__: {} }", /__proto__ is reserved/, 1, 23],
];

for (const [name, text, message, line, column] of refusedYaml) {
  test(`refuses ${name} with its line and column`, () => {
    const error = refusal(() => parseContractYaml(text));
    assert.equal(error.code, "CONTRACT_MALFORMED");
    const [first] = error.data.problems;
    assert.match(first?.message ?? "", message);
    assert.deepEqual([first?.line, first?.column], [line, column]);
  });
}

test("says everything that is wrong in one error, each with path, line and column", () => {
  const text = altered("top: 10", "top: 0").replace("minimum_group: 3", "minimum_group: 0, secret: 1");
  const error = refusal(() => parseContractYaml(text));
  const places = error.data.problems.map(({ path, message, line }) => [path, message, line]);
  const lineOf = (piece: string) => text.slice(0, text.indexOf(piece)).split("\n").length;
  assert.deepEqual(places, [
    [
      "$.queries.demographics.outputs[0].top",
      `is 0, want an integer from 1 to ${Number.MAX_SAFE_INTEGER}`,
      lineOf("top: 0"),
    ],
    [
      "$.queries.demographics.privacy.minimum_group",
      `is 0, want an integer from 1 to ${Number.MAX_SAFE_INTEGER}`,
      lineOf("minimum_group"),
    ],
    ["$.queries.demographics.privacy.secret", "unknown member", lineOf("secret")],
  ]);
  assert.match(
    error.message,
    /^contract is malformed at \$\.queries\.demographics\.outputs\[0\]\.top \(line \d+, column \d+\): .*, and 2 more$/,
  );
});

test("refuses texts and payloads of 10 MB, and those of the largest size that are garbage, within seconds", () => {
  const largest = 1 << 18;
  const start = performance.now();
  for (const text of ["a: ".repeat(3_500_000), `a: [${",".repeat(largest - 5)}]`, "a: 1\n".repeat(largest / 5)]) {
    assert.equal(refusal(() => parseContractYaml(text)).code, "CONTRACT_MALFORMED");
  }
  assert.match(
    refusal(() => parseContract(bytes("[".repeat(10_000_000)))).message,
    /10000000 bytes, want 524288 at most/,
  );
  assert.ok(performance.now() - start < 15_000);
});

const canonical = () => canonicalJson(parseContractYaml(sampleYaml));

for (const [name, payload] of [
  ["white space", () => bytes(`${canonical()}\n`)],
  ["another order of members", () => bytes(JSON.stringify(parseContractYaml(sampleYaml)))],
  ["a duplicate member", () => bytes(canonical().replace('{"contract":', '{"contract":"x","contract":'))],
  ["another spelling of a number", () => bytes(canonical().replace('"version":1', '"version":1.0'))],
  ["a byte order mark", () => bytes(`\ufeff${canonical()}`)],
  ["bytes that are not UTF-8", () => new Uint8Array([0x22, 0xff, 0x22])],
  ["text that is not JSON", () => bytes("contract")],
  ["nesting a thousand deep", () => bytes("[".repeat(1000) + "]".repeat(1000))],
  ["nesting half a million deep", () => bytes("[".repeat(500_000) + "]".repeat(500_000))],
] as const) {
  test(`refuses a payload with ${name}`, () => {
    assert.equal(refusal(() => parseContract(payload())).code, "CONTRACT_MALFORMED");
  });
}

test("refuses member names that a validator would pass over in silence", () => {
  for (const name of ["constructor", "prototype", "__proto__"]) {
    const payload = bytes(canonical().replace('"parties":{', `"parties":{"${name}":{},`));
    const error = refusal(() => parseContract(payload));
    // Where the name does not sort first, the payload is not canonical either; both are refused.
    assert.equal(error.code, "CONTRACT_MALFORMED", name);
  }
  const error = refusal(() => parseContractYaml(altered("  woodgrove: {}", "  constructor: {}\n  woodgrove: {}")));
  assert.match(error.message, /constructor is reserved/);
});
