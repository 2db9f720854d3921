// State folders for tests that are not about the first start, which takes the longest.
import assert from "node:assert/strict";
import { cpSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freshFolder } from "./fresh.ts";
import { startMesh } from "./mesh.ts";

/** A copy of a state folder. */
export const copyState = (state: string): string => {
  const copy = join(freshFolder(), "state");
  cpSync(state, copy, { recursive: true });
  return copy;
};

let prepared: Promise<string> | undefined;

/** A state folder in which the topology `advanced` was started before: sealed samples, a contract in force. Each call gets a copy. */
export const preparedState = async (): Promise<string> => {
  prepared ??= (async () => {
    const mesh = await startMesh();
    await mesh.ready;
    await mesh.stop();
    return mesh.state;
  })();
  return copyState(await prepared);
};

/** The newest contract of a state folder: its file, version and digest, and the signed text. */
export const newestContract = (
  state: string,
  name = "partner-demographics",
): { readonly file: string; readonly version: number; readonly text: string } => {
  const versions = globSync("*.json", { cwd: join(state, "contracts", name) })
    .map((file) => Number(file.replace(".json", "")))
    .toSorted((a, b) => a - b);
  const version = versions.at(-1);
  assert.ok(version !== undefined, `no contract ${name} in ${state}`);
  const file = join(state, "contracts", name, `${version}.json`);
  return { file, version, text: readFileSync(file, "utf8") };
};
