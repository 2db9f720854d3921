// Damaged copies of real endorsements: none is accepted but where only the unprotected header differs, which nobody has signed.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { AttestationError, microsoftUvm, verifyUvmEndorsement } from "#attestation";
import { parseCoseSign1 } from "../../../../services/lib/attestation/azure/cose-sign1.ts";
import { fileOf, skip } from "../vectors.ts";
import { bytes } from "./cbor-writer.ts";
import { endorsed } from "./vectors.ts";

const microsoft = { issuers: [microsoftUvm.issuer], feed: microsoftUvm.feed, minimumSvn: 100 };

/** True when it is accepted, false when it is refused; any other end fails the test. */
const isAccepted = (message: Uint8Array): Promise<boolean> =>
  verifyUvmEndorsement(message, microsoft).then(
    () => true,
    (error: unknown) => {
      if (!(error instanceof AttestationError)) throw error;
      assert.match(error.code, /^UVM_/);
      return false;
    },
  );

/** Where the unprotected header begins and ends: behind tag, list and protected header, before payload and signature. */
const unprotectedPart = (message: Uint8Array): readonly [begin: number, end: number] => {
  const { payload, signature } = parseCoseSign1(message);
  // The protected header of a real endorsement has thousands of bytes: 0x59 and a length of two.
  assert.equal(message[2], 0x59);
  const begin = 5 + Buffer.from(message).readUInt16BE(3);
  return [begin, message.length - bytes(payload).length - bytes(signature).length];
};

type Edit = (message: Buffer, at: number) => Buffer;
const piece = fc.uint8Array({ minLength: 1, maxLength: 8 });
const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.integer({ min: 1, max: 255 }).map((mask): Edit => (message, at) => {
    const copy = Buffer.from(message);
    copy[at] = (copy[at] ?? 0) ^ mask;
    return copy;
  }),
  piece.map(
    (some): Edit =>
      (message, at) =>
        Buffer.concat([message.subarray(0, at), some, message.subarray(at)]),
  ),
  piece.map((some): Edit => (message, at) => {
    const copy = Buffer.from(message);
    copy.set(some.subarray(0, copy.length - at), at);
    return copy;
  }),
  fc.integer({ min: 1, max: 600 }).map(
    (size): Edit =>
      (message, at) =>
        Buffer.concat([message.subarray(0, at), message.subarray(at + size)]),
  ),
  fc.integer({ min: 1, max: 600 }).map(
    (size): Edit =>
      (message, at) =>
        Buffer.concat([message.subarray(0, at + size), message.subarray(at)]),
  ),
  fc.constant<Edit>((message, at) => message.subarray(0, at)),
);

for (const { vector, endorsement } of endorsed.filter((_, at) => at % 4 === 0)) {
  test(`damage to the endorsement of ${vector.name} is refused, but in the unprotected header`, { skip }, async () => {
    const message = Buffer.from(fileOf(endorsement));
    const [begin, end] = unprotectedPart(message);
    // Half of the damage is around the part that is not signed, where the borders are.
    const place = fc.oneof(
      fc.nat(message.length - 1),
      fc.constantFrom(0, 1, 2, 3, 4, begin - 1, begin, begin + 1, end - 1, end, end + 1),
      fc.integer({ min: begin, max: end }),
    );
    const damage = fc.array(fc.tuple(edits, place), { minLength: 1, maxLength: 3 });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(damage, async (all) => {
        const changed = all.reduce<Buffer>((copy, [edit, at]) => edit(copy, Math.min(at, copy.length)), message);
        if (!(await isAccepted(changed))) return;
        accepted += 1;
        assert.ok(changed.subarray(0, begin).equals(message.subarray(0, begin)), "the signed part before");
        assert.ok(changed.subarray(end - message.length).equals(message.subarray(end)), "the signed part behind");
      }),
      { numRuns: 300, seed: 7 },
    );
    assert.ok(accepted > 0, "damage to what nobody has signed is among it");
  });

  test(`any time stamp beside the signature of ${vector.name}'s endorsement will do`, { skip }, async () => {
    const message = Buffer.from(fileOf(endorsement));
    const [begin, end] = unprotectedPart(message);
    assert.ok(end - begin > 1_000, "a time stamp is there");
    message.fill(0, end - 1_000, end);
    assert.ok(await isAccepted(message));
  });
}

test("no bytes at all are taken for an endorsement, and none throw anything else", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (message) => {
      assert.equal(await isAccepted(message), false);
    }),
    { numRuns: 500, seed: 7 },
  );
});
