// What an endorsement says, properly signed each time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyUvmEndorsement } from "#attestation";
import { assertRefused } from "../refusal.ts";
import { item, list, tag } from "./cbor-writer.ts";
import { fakeEndorsement, type FakeUvm, measurement } from "./fake-endorsement.ts";

const verify = (changes: FakeUvm, minimumSvn = 104) => {
  const { bytes, expected } = fakeEndorsement(changes);
  return verifyUvmEndorsement(bytes, { ...expected, minimumSvn });
};
const digest = "x-ms-sevsnpvm-launchmeasurement";
const svn = "x-ms-sevsnpvm-guestsvn";
const int = "x-ms-sevsnpvm-guestsvn-int";

test("takes the launch digest and the SVN from the payload", async () => {
  const endorsement = await verify({});
  assert.equal(Buffer.from(endorsement.launchMeasurement).toString("hex"), measurement);
  assert.equal(endorsement.svn, 104);
});

test("accepts an endorsement without the integer, as those before 2025-10 are", async () => {
  assert.equal((await verify({ payload: { [int]: undefined } })).svn, 104);
});

test("compares SVNs as integers", async () => {
  for (const [text, minimum] of [
    ["1000", 104],
    ["104", 99],
    ["0", 0],
    ["999999999999999", 104],
  ] as const) {
    assert.equal((await verify({ payload: { [svn]: text, [int]: Number(text) } }, minimum)).svn, Number(text));
  }
  for (const text of ["9", "99", "103"]) {
    const payload = { [svn]: text, [int]: Number(text) };
    await assertRefused(() => verify({ payload }), "UVM_SVN_TOO_LOW", { expected: "at least 104", seen: text });
  }
});

const malformed: readonly [string, object | string][] = [
  ["nothing", ""],
  ["a list", "[]"],
  ["JSON with something behind it", `{"${digest}":"${measurement}","${svn}":"104"}x`],
  ["a second SVN", `{"${digest}":"${measurement}","${svn}":"90","${svn}":"104"}`],
  ["no launch digest", { [digest]: undefined }],
  ["a launch digest in capitals", { [digest]: measurement.toUpperCase() }],
  ["a launch digest that is too short", { [digest]: measurement.slice(2) }],
  ["a launch digest that is too long", { [digest]: `${measurement}00` }],
  ["a launch digest with a line break behind it", { [digest]: `${measurement}\n` }],
  ["a list of launch digests", { [digest]: [measurement] }],
  ["no SVN", { [svn]: undefined, [int]: undefined }],
  ["an SVN as an integer only", { [svn]: undefined }],
  ["an SVN as a number", { [svn]: 104 }],
  ["an SVN with a zero before it", { [svn]: "0104" }],
  ["an SVN with a space before it", { [svn]: " 104" }],
  ["a negative SVN", { [svn]: "-104", [int]: -104 }],
  ["an SVN with a fraction", { [svn]: "104.0" }],
  ["an SVN in exponents", { [svn]: "1e9", [int]: 1e9 }],
  ["an empty SVN", { [svn]: "", [int]: 0 }],
  ["an SVN beyond what a number holds", { [svn]: "9007199254740993", [int]: undefined }],
  ["an integer that is another", { [int]: 105 }],
  ["an integer that is a text", { [int]: "104" }],
  ["an integer that is null", { [int]: null }],
];
for (const [what, payload] of malformed) {
  test(`refuses ${what}`, () => assertRefused(() => verify({ payload }), "UVM_MALFORMED"));
}

const signedAt = (value: Uint8Array | null): FakeUvm => ({
  header: (members) => [
    ...members.filter(([key]) => key !== "signingtime"),
    ...(value === null ? [] : [["signingtime", value] as const]),
  ],
});

test("tells when it was signed", async () => {
  assert.equal(
    (await verify(signedAt(tag(1, item(1_761_595_353))))).signingTime?.toISOString(),
    "2025-10-27T20:02:33.000Z",
  );
});

const timeless: readonly [string, Uint8Array | null][] = [
  ["no signing time", null],
  ["a signing time without its tag", item(1_760_000_000)],
  ["another tag", tag(2, item(1_760_000_000))],
  ["a list of one time", list(item(1_760_000_000))],
  ["a signing time as text", tag(0, item("2025-10-09T08:53:20Z"))],
  ["a text where seconds are", tag(1, item("1760000000"))],
  ["seconds beyond all dates", tag(1, Uint8Array.of(0x1b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))],
];
for (const [what, value] of timeless) {
  test(`knows no time from ${what}`, async () => {
    assert.equal((await verify(signedAt(value))).signingTime, null);
  });
}
