import * as v from "valibot";
import { byCodePoint } from "./closed-set.ts";
import { HostError } from "./host-error.ts";

const entry = v.looseObject({
  dev: v.optional(v.boolean()),
  devOptional: v.optional(v.boolean()),
  optional: v.optional(v.boolean()),
  link: v.optional(v.boolean()),
});
const lockfile = v.looseObject({ lockfileVersion: v.literal(3), packages: v.record(v.string(), entry) });

/** `node_modules/name` or `node_modules/@scope/name`, nested as often as npm nests. */
const PACKAGE_FOLDER = /^(?:node_modules\/(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:\/(?=n)|$))+$/;

const invalid = (why: string, cause?: unknown): HostError =>
  new HostError("LOCKFILE_INVALID", `package-lock.json ${why}`, {}, { cause });

/**
 * The folders of the production packages in package-lock.json, in code-point order: those that npm does not flag as wanted for
 * development only or as optional. The Node runtime is an optional package; it is measured as what it is and not as a package.
 *
 * @throws {HostError} LOCKFILE_INVALID
 */
export const productionPackages = (text: string): readonly string[] => {
  let document: v.InferOutput<typeof lockfile>;
  try {
    document = v.parse(lockfile, JSON.parse(text));
  } catch (cause) {
    throw invalid("is not a lockfile of version 3", cause);
  }
  const folders: string[] = [];
  for (const [folder, { dev, devOptional, optional, link }] of Object.entries(document.packages)) {
    if (folder === "" || dev === true || devOptional === true || optional === true) continue;
    // What lies elsewhere is not in the closed set, and a link says that it does.
    if (link === true || !PACKAGE_FOLDER.test(folder)) throw invalid(`names ${folder}, which is no package folder`);
    folders.push(folder);
  }
  return folders.toSorted(byCodePoint);
};
