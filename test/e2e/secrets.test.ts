import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, globSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { standardCommand, type StandardRole } from "../../services/launcher/host/roles.ts";
import { startMesh } from "./mesh.ts";
import { project } from "./program.ts";

let state: string;
before(async () => {
  const mesh = await startMesh({ without: ["snooper", "changed_analytics"] });
  await mesh.ready;
  await mesh.stop();
  ({ state } = mesh);
});

/** Every secret, by what it is; a kind without a file would be a test of nothing. */
const kinds = {
  "owners' signing keys": "owners/*/owner.key.pem",
  "owners' data": "owners/*/*.csv",
  "brokers' signing keys": "services/*/broker/broker.key.pem",
  "class keys": "services/*/broker/keys/class-keys.json",
  "key-encryption keys": "services/*/broker/keys/class-keys.kek",
  "the CA's key": "authority/ca.key.pem",
  "keys of the simulated hardware": "host/hardware/*.key.pem",
} as const;
const filesOf = (pattern: string): readonly string[] => {
  const files = globSync(pattern, { cwd: state }).map((file) => join(state, file));
  assert.ok(files.length > 0, pattern);
  return files.toSorted();
};
const allSecrets = (): readonly string[] => Object.values(kinds).flatMap(filesOf);

describe("secrets in the state folder are for their user's eyes only", () => {
  for (const [kind, pattern] of Object.entries(kinds))
    test(`${kind}: files of mode 0600 in folders of mode 0700`, () => {
      for (const file of filesOf(pattern)) {
        assert.equal((statSync(file).mode & 0o777).toString(8), "600", file);
        assert.equal((statSync(dirname(file)).mode & 0o777).toString(8), "700", dirname(file));
      }
    });

  test("no private key lies anywhere else", () => {
    const pem = execFileSync("grep", ["-rlE", "BEGIN [A-Z ]*PRIVATE KEY", state]).toString().trim().split("\n");
    const known = allSecrets();
    assert.deepEqual(
      pem.filter((file) => !known.includes(file)),
      [],
    );
  });
});

/** What comes of opening each file in a process that was started exactly as a service of this role is. */
const openAs = (role: StandardRole, party: string, own: string, files: readonly string[]) => {
  mkdirSync(own, { recursive: true, mode: 0o700 });
  if (!existsSync(join(own, "config.json"))) writeFileSync(join(own, "config.json"), "{}");
  const script = join(own, "open-each.ts");
  copyFileSync(join(import.meta.dirname, "open-each.ts"), script);
  writeFileSync(join(own, "files.json"), JSON.stringify(files));
  const folders: Readonly<Record<string, string>> = {
    "{node}": process.execPath,
    "{project}": project,
    "{own}": own,
    "{storage}": join(state, "storage"),
  };
  const [file = "", ...args] = standardCommand(role, party)
    .map((word) => word.replace(/\{[a-z]+\}/g, (name) => folders[name] ?? assert.fail(name)))
    .map((word) => (word === `services/${role}/main.ts` ? script : word));
  assert.ok(args.includes(script) && args.includes("--permission"));
  return JSON.parse(execFileSync(file, args, { cwd: project, env: {} }).toString()) as Readonly<Record<string, string>>; // of open-each.ts
};

describe("a process in the place of a service opens none of them, and its own configuration", () => {
  const places = [
    ["snooper", "snooper", "snooper", "the Snooper"],
    ["gateway", "gateway", "gateway", "the gateway"],
    ["broker", "fabrikam", "fabrikam/broker", "the other owner's broker"],
    ["broker", "contoso", "contoso/broker", "the owner's broker, beyond its own folder"],
  ] as const;
  for (const [role, party, folder, who] of places)
    test(who, () => {
      const own = join(state, "services", folder);
      const foreign = allSecrets().filter((file) => !file.startsWith(`${own}/`));
      assert.ok(foreign.length > 10);
      const configs = globSync("services/**/config.json", { cwd: state }).map((file) => join(state, file));
      const others = configs.filter((file) => dirname(file) !== own);
      const control = join(own, "config.json");
      const outcomes = openAs(role, party, own, [control, ...foreign, ...others]);
      assert.equal(outcomes[control], "opened");
      for (const file of [...foreign, ...others]) assert.equal(outcomes[file], "ERR_ACCESS_DENIED", file);
    });
});
