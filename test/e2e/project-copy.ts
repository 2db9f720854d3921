// A copy of the whole project that a test may change. Nothing in it is a hard link into the project.
import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freshFolder } from "./fresh.ts";
import { project } from "./program.ts";

// What a start reads; the page's sources and the history are not among it.
const PARTS = ["bin", "gen", "infra", "node_modules", "package.json", "package-lock.json", "proto", "services"];

/** Copies what the mesh is started from. */
export const copyProject = (): string => {
  const copy = freshFolder();
  execFileSync("cp", ["-a", "--reflink=auto", ...PARTS.map((part) => join(project, part)), copy]);
  return copy;
};

/** Changes a file of a copy, runs something, and puts the old bytes back. */
export const withChange = async <T>(
  file: string,
  change: (text: string) => string,
  use: () => Promise<T>,
): Promise<T> => {
  const before = readFileSync(file);
  writeFileSync(file, change(before.toString("utf8")));
  try {
    return await use();
  } finally {
    writeFileSync(file, before);
  }
};

/** Adds a comment to a file for good. */
export const addComment = (file: string): void => appendFileSync(file, "// one comment more\n");
