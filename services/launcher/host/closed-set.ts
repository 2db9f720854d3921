// Files of a closed set: which there are and what is in them. Names and bytes count; times, owners and modes do not.
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { HostError } from "./host-error.ts";

/** Files read at a time: enough to keep disk and threads busy, few enough for small limits on open files. */
const AT_A_TIME = 16;
/** Above this a file is hashed as a stream. */
const WHOLE_FILE_BYTES = 1024 * 1024;

/** Runs over all items, some at a time; the answers are in the order of the items. */
export const mapSome = async <Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) answers[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return answers;
};

/** Code-point order, which is the order of the UTF-8 bytes. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const refused = (path: string, why: string): HostError => new HostError("SOURCE_REFUSED", `${path} ${why}`, { path });

/**
 * All files of a folder, in folders below it as well, with `/` as separator and in code-point order. Folders called `node_modules`
 * are left out.
 *
 * @param folder relative to the root
 * @returns paths relative to the root
 * @throws {HostError} SOURCE_REFUSED for anything that is neither a file nor a folder
 */
export const filesOf = async (root: string, folder: string): Promise<readonly string[]> => {
  const found: string[] = [];
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
      const below = `${path}/${entry.name}`;
      if (entry.isFile()) found.push(below);
      else if (!entry.isDirectory()) throw refused(below, "is neither a file nor a folder");
      else if (entry.name !== "node_modules") await walk(below);
    }
  };
  if (!(await lstat(join(root, folder))).isDirectory()) throw refused(folder, "is not a folder");
  await walk(folder);
  return found.toSorted(byCodePoint);
};

/** SHA-384 of a file's bytes, 96 hexadecimal digits. */
export const fileSha384 = async (path: string): Promise<string> => {
  const stats = await lstat(path);
  if (!stats.isFile()) throw refused(path, "is not a file");
  const hash = createHash("sha384");
  if (stats.size > WHOLE_FILE_BYTES) await pipeline(createReadStream(path, { highWaterMark: WHOLE_FILE_BYTES }), hash);
  else hash.update(await readFile(path));
  return hash.digest("hex");
};
