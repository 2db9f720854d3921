import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { checkOperators, evaluatePolicy, operators, parseReleasePolicy, PolicyError } from "#contract";

const ISSUER = "https://broker.example/simulated";
const allOf = (...conditions: readonly unknown[]) =>
  parseReleasePolicy({ version: "1.0.0", anyOf: [{ authority: ISSUER, allOf: conditions }] });
const anyOf = (...conditions: readonly unknown[]) =>
  parseReleasePolicy({ version: "1.0.0", anyOf: [{ authority: ISSUER, anyOf: conditions }] });

const claims = {
  iss: ISSUER,
  text: "abc",
  number: 0,
  yes: true,
  no: false,
  nothing: null,
  list: ["abc"],
  "dotted.name": "own",
  outer: { inner: { claim: "deep" }, list: [{ claim: "x" }], "a.b": "own" },
};

const comparisons: readonly (readonly [
  name: string,
  clause: Record<string, unknown>,
  met: boolean,
  seen: string | null,
])[] = [
  ["a text equals itself", { claim: "text", equals: "abc" }, true, "abc"],
  ["letters differ by case", { claim: "text", equals: "ABC" }, false, "abc"],
  ["claim names differ by case", { claim: "Text", equals: "abc" }, false, null],
  ["true equals the word", { claim: "yes", equals: "true" }, true, "true"],
  ["true equals true", { claim: "yes", equals: true }, true, "true"],
  ["false equals the word", { claim: "no", equals: "false" }, true, "false"],
  ["true does not equal false", { claim: "yes", equals: "false" }, false, "true"],
  ["a number equals its digits", { claim: "number", equals: "0" }, true, "0"],
  ["a number equals a number", { claim: "number", equals: 0 }, true, "0"],
  ["0 does not equal false", { claim: "number", equals: "false" }, false, "0"],
  ["0 does not equal 00", { claim: "number", equals: "00" }, false, "0"],
  ["a missing claim is not met", { claim: "absent", equals: "abc" }, false, null],
  ["a missing claim does not equal the word undefined", { claim: "absent", equals: "undefined" }, false, null],
  ["null is missing", { claim: "nothing", equals: "null" }, false, null],
  ["a list equals nothing", { claim: "list", equals: "abc" }, false, '["abc"]'],
  ["an object equals nothing", { claim: "outer.inner", equals: "[object Object]" }, false, '{"claim":"deep"}'],
  ["dots step into objects", { claim: "outer.inner.claim", equals: "deep" }, true, "deep"],
  ["dots do not step into lists", { claim: "outer.list.0.claim", equals: "x" }, false, null],
  ["dots do not step into texts", { claim: "text.length", equals: "3" }, false, null],
  ["a member whose own name has a dot is not found", { claim: "dotted.name", equals: "own" }, false, null],
  ["a nested member whose own name has a dot is not found", { claim: "outer.a.b", equals: "own" }, false, null],
  ["what objects inherit is no claim", { claim: "constructor.name", equals: "Object" }, false, null],
  ["what objects inherit does not exist", { claim: "toString", exists: "true" }, false, null],
  ["exists finds a claim", { claim: "no", exists: "true" }, true, "false"],
  ["exists takes a boolean", { claim: "no", exists: true }, true, "false"],
  ["exists finds an object", { claim: "outer.inner", exists: "true" }, true, '{"claim":"deep"}'],
  ["exists does not find a missing claim", { claim: "absent", exists: "true" }, false, null],
  ["exists does not find null", { claim: "nothing", exists: "true" }, false, null],
  ["exists false is met by a missing claim", { claim: "absent", exists: "false" }, true, null],
  ["exists false is not met by a claim", { claim: "text", exists: "false" }, false, "abc"],
];

for (const [name, clause, met, seen] of comparisons) {
  test(name, () => {
    const outcome = evaluatePolicy(allOf(clause), claims);
    const [operator, expected] = Object.entries(clause).find(([member]) => member !== "claim") ?? [];
    assert.deepEqual(outcome, {
      met,
      clauses: [
        { pointer: "/anyOf/0/allOf/0", claim: clause["claim"], operator, expected: String(expected), seen, met },
      ],
    });
  });
}

const TRUE = { claim: "text", equals: "abc" };
const FALSE = { claim: "text", equals: "x" };

const groups: readonly (readonly [name: string, policy: ReturnType<typeof allOf>, met: boolean, clauses: number])[] = [
  ["allOf of met clauses", allOf(TRUE, TRUE), true, 2],
  ["allOf with one unmet first", allOf(FALSE, TRUE, TRUE), false, 3],
  ["allOf with one unmet last", allOf(TRUE, TRUE, FALSE), false, 3],
  ["anyOf with one met first", anyOf(TRUE, FALSE, FALSE), true, 3],
  ["anyOf with one met last", anyOf(FALSE, FALSE, TRUE), true, 3],
  ["anyOf without one", anyOf(FALSE, FALSE), false, 2],
  ["anyOf in allOf", allOf(TRUE, { anyOf: [FALSE, TRUE] }), true, 3],
  ["an unmet anyOf in allOf", allOf(TRUE, { anyOf: [FALSE, FALSE] }, TRUE), false, 4],
  ["allOf in anyOf", anyOf({ allOf: [TRUE, FALSE] }, { allOf: [TRUE, TRUE] }), true, 4],
  ["three levels", allOf({ anyOf: [FALSE, { allOf: [TRUE, { anyOf: [FALSE, TRUE] }] }] }), true, 4],
];

for (const [name, policy, met, count] of groups) {
  test(`${name}: ${met ? "met" : "not met"}, and every clause is reported`, () => {
    const outcome = evaluatePolicy(policy, claims);
    assert.equal(outcome.met, met);
    assert.equal(outcome.clauses.length, count);
    assert.equal(new Set(outcome.clauses.map(({ pointer }) => pointer)).size, count);
  });
}

test("pointers name the clause in the policy", () => {
  const { clauses } = evaluatePolicy(allOf(TRUE, { anyOf: [FALSE, TRUE] }), claims);
  assert.deepEqual(
    clauses.map(({ pointer }) => pointer),
    ["/anyOf/0/allOf/0", "/anyOf/0/allOf/1/anyOf/0", "/anyOf/0/allOf/1/anyOf/1"],
  );
});

interface Tree {
  readonly met: boolean;
  readonly leaves: number;
  readonly condition: unknown;
}
const leaf = fc.boolean().map((met): Tree => ({ met, leaves: 1, condition: met ? TRUE : FALSE }));
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc
      .tuple(fc.constantFrom("allOf", "anyOf"), fc.array(tie("tree"), { minLength: 1, maxLength: 4 }))
      .map(([kind, members]): Tree => ({
        met: kind === "allOf" ? !members.some(({ met }) => !met) : members.some(({ met }) => met),
        leaves: members.reduce((sum, { leaves }) => sum + leaves, 0),
        condition: { [kind]: members.map(({ condition }) => condition) },
      })),
  ),
}));

test("any nesting decides as its groups say, and reports each of its clauses once", () => {
  fc.assert(
    fc.property(tree, ({ met, leaves, condition }) => {
      const outcome = evaluatePolicy(allOf(condition), claims);
      assert.equal(outcome.met, met);
      assert.equal(new Set(outcome.clauses.map(({ pointer }) => pointer)).size, leaves);
      assert.ok(outcome.clauses.every((clause) => clause.met === (clause.expected === "abc")));
    }),
  );
});

test("a long claim is cut where it is shown, and compared whole", () => {
  const long = "x".repeat(300);
  const outcome = evaluatePolicy(allOf({ claim: "text", equals: long }), { ...claims, text: long });
  assert.equal(outcome.met, true);
  assert.equal(outcome.clauses[0]?.seen, `${"x".repeat(256)}…`);
});

for (const [authority, issuer, met] of [
  ["https://a.example", "https://a.example", true],
  ["https://a.example/", "https://a.example", true],
  ["https://a.example", "https://a.example/", true],
  ["https://a.example//", "https://a.example", false],
  ["https://a.example", "https://a.example/simulated", false],
  ["https://a.example/simulated", "https://a.example", false],
  ["a.example", "https://a.example", false],
  ["https://A.example", "https://a.example", false],
] as const) {
  test(`authority ${authority} ${met ? "accepts" : "refuses"} the issuer ${issuer}`, () => {
    const policy = parseReleasePolicy({ version: "1.0.0", anyOf: [{ authority, allOf: [TRUE] }] });
    assert.equal(evaluatePolicy(policy, { ...claims, iss: issuer }).met, met);
  });
}

const two = parseReleasePolicy({
  version: "1.0.0",
  anyOf: [
    { authority: "https://a.example", allOf: [TRUE] },
    { authority: "https://b.example/", anyOf: [TRUE, FALSE] },
  ],
});

test("claims of no authority meet nothing: every clause says so, and one more says why", () => {
  for (const [iss, seen] of [
    ["https://c.example", "https://c.example"],
    [undefined, null],
    [["https://a.example"], '["https://a.example"]'],
  ] as const) {
    const outcome = evaluatePolicy(two, { text: "abc", iss });
    assert.equal(outcome.met, false);
    assert.deepEqual(outcome.clauses[0], {
      pointer: "/anyOf",
      claim: "iss",
      operator: "equals",
      expected: "https://a.example or https://b.example/",
      seen,
      met: false,
    });
    assert.deepEqual(
      outcome.clauses.slice(1).map(({ pointer, met }) => [pointer, met]),
      [
        ["/anyOf/0/allOf/0", false],
        ["/anyOf/1/anyOf/0", false],
        ["/anyOf/1/anyOf/1", false],
      ],
    );
  }
});

test("only the issuer's own authority decides and is reported", () => {
  const outcome = evaluatePolicy(two, { text: "other", iss: "https://a.example" });
  assert.equal(outcome.met, false);
  assert.deepEqual(
    outcome.clauses.map(({ pointer }) => pointer),
    ["/anyOf/0/allOf/0"],
  );
  assert.equal(evaluatePolicy(two, { text: "abc", iss: "https://b.example" }).met, true);
});

test("one of two authorities of the same issuer is enough", () => {
  const twice = parseReleasePolicy({
    version: "1.0.0",
    anyOf: [
      { authority: ISSUER, allOf: [FALSE] },
      { authority: `${ISSUER}/`, allOf: [TRUE] },
    ],
  });
  const outcome = evaluatePolicy(twice, claims);
  assert.equal(outcome.met, true);
  assert.deepEqual(
    outcome.clauses.map(({ met }) => met),
    [false, true],
  );
});

test("refuses every operator but equals and exists, when a policy is taken into use and when it is evaluated", () => {
  for (const operator of operators) {
    const policy = allOf(TRUE, { anyOf: [{ claim: "number", [operator]: "true" }] });
    if (operator === "equals" || operator === "exists") {
      checkOperators(policy);
      continue;
    }
    for (const judge of [() => checkOperators(policy), () => evaluatePolicy(policy, claims)]) {
      assert.throws(judge, (error) => {
        assert.ok(error instanceof PolicyError);
        assert.equal(error.code, "OPERATOR_UNSUPPORTED");
        assert.equal(error.data.pointer, "/anyOf/0/allOf/1/anyOf/0");
        return true;
      });
    }
  }
});

test("an unsupported operator is refused though another authority is the issuer", () => {
  const policy = parseReleasePolicy({
    version: "1.0.0",
    anyOf: [
      { authority: ISSUER, allOf: [TRUE] },
      { authority: "x", allOf: [{ claim: "number", less: 3 }] },
    ],
  });
  assert.throws(() => evaluatePolicy(policy, claims), { code: "OPERATOR_UNSUPPORTED" });
});

const vectors = fileURLToPath(new URL("../../../../shared/vectors/azure", import.meta.url));
const skip = existsSync(vectors) ? false : "skipped: ../shared/vectors absent";

test("a real token of a confidential VM meets Microsoft's own policy for it", { skip }, () => {
  const policy = parseReleasePolicy(readFileSync(`${vectors}/release-policy/cvm-default-authorities.json`, "utf8"));
  const payload: unknown = JSON.parse(readFileSync(`${vectors}/maa-token/cvm-sharedeus2-2026-01-payload.json`, "utf8"));
  assert.ok(typeof payload === "object" && payload !== null);
  const genuine: Readonly<Record<string, unknown>> = { ...payload };
  assert.equal(evaluatePolicy(policy, genuine).met, true);
  // The nested claims decide: the same words at the top are not what the policy asks for.
  const spoofed = {
    iss: genuine["iss"],
    "x-ms-attestation-type": "sevsnpvm",
    "x-ms-isolation-tee.x-ms-attestation-type": "sevsnpvm",
    "x-ms-isolation-tee.x-ms-compliance-status": "azure-compliant-cvm",
  };
  assert.equal(evaluatePolicy(policy, spoofed).met, false);
});
