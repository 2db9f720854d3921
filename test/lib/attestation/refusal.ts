import assert from "node:assert/strict";
import { type AttestationCode, AttestationError, type AttestationErrorData } from "#attestation";

/** Asserts that a call is refused with this code and, where given, with this data. */
export async function assertRefused(
  call: () => unknown,
  code: AttestationCode,
  data: AttestationErrorData = {},
): Promise<void> {
  await assert.rejects(
    async () => call(),
    (error) => {
      if (!(error instanceof AttestationError)) throw error;
      assert.equal(error.code, code, error.message);
      assert.partialDeepStrictEqual(error.data, data);
      return true;
    },
  );
}
