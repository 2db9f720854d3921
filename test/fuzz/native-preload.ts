// Loaded with --import ahead of jazzer.js: see older-libraries.ts.
import { join } from "node:path";
import { writeForOlderLibraries } from "./older-libraries.ts";

const load = process.dlopen.bind(process);
process.dlopen = (module: object, file: string, flags?: number): void => {
  const open = (path: string) => (flags === undefined ? load(module, path) : load(module, path, flags));
  try {
    open(file);
  } catch (error) {
    const folder = process.env["SEALMESH_FUZZ_FOLDER"];
    if (!(error instanceof Error && /GLIBC/.test(error.message)) || folder === undefined) throw error;
    const copy = join(folder, "addon.node");
    writeForOlderLibraries(file, copy);
    open(copy);
  }
};
