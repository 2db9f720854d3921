// Frames of the channel between a workload and its secure processor: 4 bytes of length, big-endian, then that many bytes of UTF-8 JSON.
import { Buffer } from "node:buffer";
import { PlatformError } from "./platform-error.ts";

/** Bytes of JSON in one question to the secure processor, at most. */
export const MAX_REQUEST_SIZE = 64 * 1024;
/** Bytes of JSON in one answer, at most. */
export const MAX_ANSWER_SIZE = 4 * 1024 * 1024;

const LENGTH_SIZE = 4;

/** Makes one frame of a JSON value. */
export const encodeFrame = (value: unknown): Buffer => {
  const json = Buffer.from(JSON.stringify(value));
  const frame = Buffer.alloc(LENGTH_SIZE + json.length);
  frame.writeUInt32BE(json.length);
  json.copy(frame, LENGTH_SIZE);
  return frame;
};

const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new PlatformError("FRAME_INVALID", "frame is not UTF-8 JSON", { size: bytes.length }, { cause });
  }
};

/**
 * Splits a stream of bytes into the JSON values of its frames. A length above the limit is refused when it is announced, so never
 * more than one frame is held.
 *
 * @param maxSize bytes of JSON in one frame
 * @throws {PlatformError} FRAME_INVALID, also when the stream ends inside a frame
 */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>, maxSize: number): AsyncGenerator {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted = LENGTH_SIZE;
  let isLength = true;
  for await (const chunk of chunks) {
    parts.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    held += chunk.length;
    while (held >= wanted) {
      const all = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      const bytes = all.subarray(0, wanted);
      const rest = all.subarray(wanted);
      parts = rest.length === 0 ? [] : [rest];
      held = rest.length;
      if (isLength) {
        const size = bytes.readUInt32BE();
        if (size > maxSize)
          throw new PlatformError("FRAME_INVALID", `frame is ${size} bytes, want at most ${maxSize}`, {
            size,
            maxSize,
          });
        wanted = size;
      } else {
        wanted = LENGTH_SIZE;
        yield parseJson(bytes);
      }
      isLength = !isLength;
    }
  }
  if (held > 0 || !isLength) throw new PlatformError("FRAME_INVALID", "channel ended inside a frame", { held });
}
