import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Reads a file to its end, or one byte more than `limit`, which shows that there is more. What stat says about its size is not asked. */
export const readBounded = async (path: string, limit: number): Promise<Uint8Array> => {
  const file = await open(path, constants.O_RDONLY);
  try {
    const bytes = new Uint8Array(limit + 1);
    let size = 0;
    for (let more = -1; more !== 0 && size < bytes.length; size += more)
      more = (await file.read(bytes, size, bytes.length - size, null)).bytesRead;
    return bytes.subarray(0, size);
  } finally {
    await file.close();
  }
};
