import assert from "node:assert/strict";
import { type PlatformCode, PlatformError } from "#platform";

/** Asserts that a promise is refused with this code, and with a message and data that say so. */
export const assertPlatformRefused = async (
  promise: Promise<unknown>,
  code: PlatformCode,
  message: RegExp = /./,
  data: PlatformError["data"] = {},
): Promise<void> => {
  await assert.rejects(promise, (error) => {
    if (!(error instanceof PlatformError)) throw error;
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.partialDeepStrictEqual(error.data, data);
    return true;
  });
};
