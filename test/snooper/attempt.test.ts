import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, PreconditionFailureSchema } from "#gen/google/rpc/error_details_pb.ts";
import { attempted, attemptEach, outcomeOf, type Attempt } from "../../services/snooper/attempt.ts";

const refusing = (code: Code, reason?: string) => (): Promise<string> => {
  const info = { desc: ErrorInfoSchema, value: { reason: reason ?? "", domain: "broker.sealmesh" } };
  return Promise.reject(new ConnectError("no", code, undefined, reason === undefined ? [] : [info]));
};
const trial = (run: () => Promise<string>) => ({ attempt: "asking", fitting: ["EVIDENCE_SIGNATURE"], run });
const denied: Attempt = { verdict: "denied", attempt: "a", reason: "EVIDENCE_SIGNATURE", explanation: "" };
const inconclusive: Attempt = { verdict: "inconclusive", attempt: "b", reason: "UNAVAILABLE", explanation: "down" };
const succeeded: Attempt = { verdict: "succeeded", attempt: "c", gained: "a key" };

test("a refusal with a reason of the attack's list is a denial", async () => {
  const made = await attempted(trial(refusing(Code.Unauthenticated, "EVIDENCE_SIGNATURE")));
  assert.equal(made.verdict, "denied");
});

test("a refusal for another reason, no reason or no answer proves nothing", async () => {
  for (const [run, reason] of [
    [refusing(Code.InvalidArgument, "KEY_REQUEST_MALFORMED"), "KEY_REQUEST_MALFORMED"],
    [refusing(Code.DeadlineExceeded), "DEADLINE_EXCEEDED"],
    [refusing(Code.Canceled), "CANCELED"],
    [refusing(Code.Unavailable, "PEER_UNREACHABLE"), "PEER_UNREACHABLE"],
  ] as const) {
    const made = await attempted(trial(run));
    assert.equal(made.verdict, "inconclusive");
    assert.equal("reason" in made && made.reason, reason);
  }
});

test("an answer is a success, and an error of our own is thrown on", async () => {
  assert.deepEqual(await attempted(trial(async () => "a key")), {
    verdict: "succeeded",
    attempt: "asking",
    gained: "a key",
  });
  await assert.rejects(attempted(trial(() => Promise.reject(new TypeError("ours")))), TypeError);
});

test("explains a refusal by every clause that was not met", async () => {
  const violation = { type: "x-ms-sevsnpvm-hostdata", subject: "/anyOf/0", description: "equals aa, seen bb" };
  const details = [
    { desc: ErrorInfoSchema, value: { reason: "POLICY_REFUSED", domain: "broker.sealmesh" } },
    { desc: PreconditionFailureSchema, value: { violations: [violation] } },
  ];
  const run = () => Promise.reject(new ConnectError("not allowed", Code.PermissionDenied, undefined, details));
  const made = await attempted({
    attempt: "asking",
    fitting: ({ explanation }) => explanation.includes("hostdata"),
    run,
  });
  assert.deepEqual(made, {
    verdict: "denied",
    attempt: "asking",
    reason: "POLICY_REFUSED",
    explanation: "not allowed; x-ms-sevsnpvm-hostdata equals aa, seen bb",
  });
});

test("an attack is denied only if every attempt was", () => {
  assert.equal(outcomeOf([denied, denied], "").result, "DENIED");
  assert.equal(outcomeOf([denied, inconclusive], "").result, "INCONCLUSIVE");
  assert.equal(outcomeOf([], "").result, "INCONCLUSIVE");
});

test("one success is a success of the attack, whatever else happened", () => {
  const { result, denials, learned } = outcomeOf([denied, inconclusive, succeeded], "names");
  assert.equal(result, "SUCCEEDED");
  assert.deepEqual(denials, [{ attempt: "a", reason: "EVIDENCE_SIGNATURE", explanation: "" }]);
  assert.match(learned, /^names; c: SUCCEEDED, a key; b: proves nothing/);
});

test("attempts are made in order, each told when it is made", async () => {
  const order: string[] = [];
  const each = attemptEach(
    ["one", "two"].map((attempt) => ({ attempt, fitting: [], run: async () => (order.push(attempt), "x") })),
  );
  await each.next();
  assert.deepEqual(order, ["one"]);
  await each.next();
  assert.deepEqual(order, ["one", "two"]);
  const end = await each.next();
  assert.equal(end.done === true && end.value.length, 2);
});
