// jazzer.js instruments ES modules while Node loads them, but only what Node takes for JavaScript; TypeScript goes past it. So the
// fuzzer works on a copy from which the types are stripped, in the way in which Node strips them.
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";

const project = dirname(dirname(import.meta.dirname));

/** Parts of the tree that are copied, and what of it the fuzzer watches. */
const copied = [
  "services/lib/attestation/**/*.ts",
  "test/fuzz/**/*.ts",
  "test/lib/attestation/{fake-*,vectors,reserved-bytes}.ts",
  "test/lib/attestation/azure/{fake-*,vectors,cbor-writer}.ts",
  "services/launcher/host/der-writer.ts",
];
export const WATCHED = "services/lib/attestation";

/** A change to the copy: a bug that is planted on purpose. */
export interface Plant {
  readonly file: string;
  readonly before: string;
  readonly insert: string;
}

const toJavaScript = (path: string): string => path.replace(/\.ts$/, ".js");

/** Writes the library and the targets as JavaScript below a folder. Throws when the place for a plant is gone. */
export function writePlainCopy(folder: string, plant?: Plant): void {
  // Node says once that it may still change how it strips types.
  process.removeAllListeners("warning");
  for (const file of globSync(copied, { cwd: project })) {
    const source = stripTypeScriptTypes(readFileSync(join(project, file), "utf8"));
    const script = source.replaceAll(/(\bfrom\s*|\bimport\s*\(\s*)"(\.[^"]+)\.ts"/g, '$1"$2.js"');
    const path = join(folder, toJavaScript(file));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, plant?.file === file ? planted(script, plant) : script);
  }
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  const { imports } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  const door = toJavaScript(imports["#attestation"]);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", imports: { "#attestation": door } }));
}

function planted(script: string, { file, before, insert }: Plant): string {
  const parts = script.split(before);
  if (parts.length !== 2) throw new Error(`${file} does not hold "${before}" once`);
  return parts.join(`${insert}\n${before}`);
}
