import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  amdRoots,
  AttestationError,
  certificatesFrom,
  codeKind,
  parseCertificate,
  parseClaims,
  parseReport,
  type ReportEvidence,
  verifyReport,
} from "#attestation";
import { fakeEvidence, fakeNow, fakeRoots } from "./fake-processor.ts";

const evidence = await fakeEvidence();
const runs = { numRuns: 400 };

/** Flips one bit of one of the four byte strings. */
const flips = fc
  .tuple(fc.constantFrom("report", 0, 1, 2), fc.nat(), fc.integer({ min: 0, max: 7 }))
  .map(([target, at, bit]): ReportEvidence => {
    const flip = (bytes: Uint8Array) =>
      bytes.map((byte, index) => (index === at % bytes.length ? byte ^ (1 << bit) : byte));
    return target === "report"
      ? { ...evidence, report: flip(evidence.report) }
      : { ...evidence, certificates: evidence.certificates.map((one, index) => (index === target ? flip(one) : one)) };
  });

async function refusal(call: () => unknown): Promise<AttestationError | null> {
  try {
    await call();
    return null;
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    assert.ok(error.code in codeKind);
    return error;
  }
}

test("no evidence survives a flipped bit", () =>
  fc.assert(
    fc.asyncProperty(flips, async (flipped) => {
      assert.notEqual(
        await refusal(() =>
          verifyReport(flipped, { roots: fakeRoots, now: fakeNow, revocation: { unchecked: "not of this test" } }),
        ),
        null,
      );
    }),
    runs,
  ));

test("every flipped bit of a report is refused", async () => {
  const offsets = Array.from({ length: evidence.report.length }, (_, offset) => offset);
  for (const offset of offsets) {
    const report = evidence.report.map((byte, index) => (index === offset ? byte ^ (1 << (offset % 8)) : byte));
    assert.notEqual(
      await refusal(() =>
        verifyReport(
          { ...evidence, report },
          { roots: fakeRoots, now: fakeNow, revocation: { unchecked: "not of this test" } },
        ),
      ),
      null,
      `byte ${offset}`,
    );
  }
});

test("parsers throw nothing but their own error on any bytes", () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 1500 }), async (bytes) => {
      for (const parse of [parseReport, parseCertificate, certificatesFrom, parseClaims])
        await refusal(() => parse(bytes));
    }),
    runs,
  ));

test("the certificate parser throws nothing but its own error on damaged certificates", () =>
  fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 2 }),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
      async (which, changes) => {
        const bytes = Uint8Array.from(evidence.certificates[which] ?? []);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        await refusal(() => parseCertificate(bytes));
      },
    ),
    { numRuns: 3000 },
  ));

test("claims of any JSON value throw nothing but their own error", () =>
  fc.assert(
    fc.asyncProperty(fc.json(), async (text) => {
      assert.notEqual(await refusal(() => parseClaims(new TextEncoder().encode(text))), null);
    }),
    runs,
  ));

test("random bytes are never evidence", () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1184, maxLength: 1184 }), async (report) => {
      assert.notEqual(
        await refusal(() =>
          verifyReport(
            { ...evidence, report },
            { roots: amdRoots(), now: fakeNow, revocation: { unchecked: "not of this test" } },
          ),
        ),
        null,
      );
    }),
    { numRuns: 100 },
  ));
