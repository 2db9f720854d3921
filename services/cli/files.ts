// Files that commands read and write: clear errors, never half-written.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { writeDurably } from "#sealing-node";
import { CliError } from "./cli-error.ts";

/** @throws {CliError} FILE_UNUSABLE */
export const readBytes = (file: string): Uint8Array => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new CliError("FILE_UNUSABLE", `cannot read ${file}`, { file }, { cause });
  }
};

/** @throws {CliError} FILE_UNUSABLE */
export const readText = (file: string): string => Buffer.from(readBytes(file)).toString("utf8");

/**
 * Parses a JSON file.
 *
 * @throws {CliError} FILE_UNUSABLE, FILE_MALFORMED
 */
export const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readText(file));
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError("FILE_MALFORMED", `${file} is not JSON`, { file }, { cause });
  }
};

/**
 * Writes a file whole or not at all: under another name first, flushed to disk, then renamed.
 *
 * @param options.mode permissions; 0o600 for secrets
 * @throws {CliError} FILE_UNUSABLE
 */
export const writeWhole = (
  file: string,
  content: string | Uint8Array,
  options: { readonly mode?: number } = {},
): void => {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeDurably(file, content, { mode: options.mode ?? 0o644 });
  } catch (cause) {
    throw new CliError("FILE_UNUSABLE", `cannot write ${file}`, { file }, { cause });
  }
};

/**
 * As {@link writeWhole}, and refuses to replace what is there.
 *
 * @throws {CliError} FILE_EXISTS, FILE_UNUSABLE
 */
export const writeNew = (
  file: string,
  content: string | Uint8Array,
  options: { readonly mode?: number } = {},
): void => {
  if (existsSync(file)) throw new CliError("FILE_EXISTS", `${file} is there already`, { file });
  writeWhole(file, content, options);
};
