import { constants } from "node:fs";
import { mkdir, open, rmdir } from "node:fs/promises";
import { readBounded } from "./read-bounded.ts";

/** What configfs-tsm needs of a file system, so that a test can be the kernel. Errors carry the system's `code`. */
export interface TsmFiles {
  /** Makes an entry; the kernel fills it with attributes. */
  mkdir(path: string): Promise<void>;
  /** Removes an entry and its attributes, which cannot be removed one by one. */
  rmdir(path: string): Promise<void>;
  /** Reads an attribute to its end, or one byte more than `limit`, which shows that there is more. */
  read(path: string, limit: number): Promise<Uint8Array>;
  /** Gives an attribute its value in one write(2) and closes it, which is when the kernel takes a binary one. Returns how many bytes it took. */
  write(path: string, bytes: Uint8Array): Promise<number>;
}

/** The file system of this machine. */
export const machineTsmFiles: TsmFiles = {
  mkdir: async (path) => {
    await mkdir(path);
  },
  rmdir,
  read: readBounded,
  async write(path, bytes) {
    // Neither O_CREAT nor O_TRUNC: what is not there is not to be made here.
    const file = await open(path, constants.O_WRONLY);
    try {
      return (await file.write(bytes)).bytesWritten;
    } finally {
      await file.close();
    }
  },
};
