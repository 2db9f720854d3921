import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from "node:fs";

const { O_APPEND, O_CREAT, O_DSYNC, O_TRUNC, O_WRONLY } = constants;

/**
 * Opens a file for appending: each write is on the disk when it returns. O_DSYNC instead of fsync, which Node's permission model
 * forbids.
 *
 * @param options.mode permissions of a new file
 * @returns the file descriptor
 */
export const openDurablyForAppend = (file: string, options: { readonly mode: number }): number =>
  openSync(file, O_APPEND | O_CREAT | O_WRONLY | O_DSYNC, options.mode);

/**
 * Writes a file whole or not at all: under another name first, flushed to disk, then renamed. After a crash either the old or the new
 * content is there.
 *
 * @param options.mode permissions: 0o600 for what is the process's own
 */
export const writeDurably = (file: string, content: string | Uint8Array, options: { readonly mode: number }): void => {
  const draft = `${file}.${process.pid}.part`;
  try {
    const descriptor = openSync(draft, O_CREAT | O_TRUNC | O_WRONLY | O_DSYNC, options.mode);
    try {
      const bytes = Buffer.from(content);
      for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
};
