// The host's end of the one inherited channel between a confidential process and its secure processor. Who asks is fixed by the channel:
// a request has no place for an identity. Whatever comes over it is untrusted.
import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as v from "valibot";
import { encodeFrame, MAX_REQUEST_SIZE, readFrames } from "#platform";
import type { Guest } from "./guest.ts";

const REPORT_DATA_SIZE = 64;
const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const identified = v.looseObject({ id });
const request = v.strictObject({
  id,
  reportData: v.pipe(
    v.string(),
    v.base64(),
    v.transform((text) => new Uint8Array(Buffer.from(text, "base64"))),
    v.length(REPORT_DATA_SIZE),
  ),
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const answerTo = async (message: unknown, guest: Guest): Promise<unknown> => {
  const { id } = v.parse(identified, message);
  const parsed = v.safeParse(request, message);
  if (!parsed.success) return { id, error: "REQUEST_MALFORMED" };
  return {
    id,
    report: base64(await guest.report(parsed.output.reportData)),
    certificates: guest.certificates.map(base64),
    crls: guest.crls.map(base64),
    policyDocument: base64(guest.policyDocument),
    measurementDocument: base64(guest.measurementDocument),
  };
};

/**
 * Answers the requests of one guest until its channel ends. One at a time: a guest that asks faster than it reads waits, and nothing
 * piles up here. A request that cannot be answered with an error ends the channel, never the host.
 *
 * @returns why the channel ended; `undefined` when the guest closed it
 */
export const serveChannel = async (channel: Duplex, guest: Guest): Promise<Error | undefined> => {
  try {
    await pipeline(
      channel,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const message of readFrames(chunks, MAX_REQUEST_SIZE))
          yield encodeFrame(await answerTo(message, guest));
      },
      channel,
    );
    return undefined;
  } catch (cause) {
    channel.destroy();
    return cause instanceof Error ? cause : new Error("channel ended", { cause });
  }
};
