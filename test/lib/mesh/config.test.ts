import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as v from "valibot";
import { ConfigError, readConfig, readParty } from "#mesh";

const folder = mkdtempSync(join(tmpdir(), "sealmesh-config-"));
after(() => rmSync(folder, { recursive: true }));
const schema = v.strictObject({ port: v.number(), peers: v.array(v.strictObject({ address: v.string() })) });

const written = (text: string): string => {
  const file = join(folder, "config.json");
  writeFileSync(file, text);
  return file;
};
const withCode = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof ConfigError && error.code === code && pattern.test(error.message);

test("reads the file that --config names", () => {
  const file = written('{"port":7443,"peers":[{"address":"127.0.0.1:1"}]}');
  for (const argv of [["--config", file], [`--config=${file}`], ["--party", "contoso", "--config", file]])
    assert.equal(readConfig(schema, argv).port, 7443);
});

test("names the place and both values of what is wrong, and counts the rest", () => {
  const file = written('{"port":"7443","peers":[{"address":"a"},{"address":5}]}');
  assert.throws(
    () => readConfig(schema, ["--config", file]),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.code, "CONFIG_INVALID");
      assert.match(error.message, /is wrong at \$\.port: expected number, found "7443", and 1 more$/);
      assert.deepEqual(
        (error.data["problems"] as { path: string }[]).map(({ path }) => path),
        ["$.port", "$.peers[1].address"],
      );
      return true;
    },
  );
});

test("refuses a missing option, a missing file, and a file that is not JSON", () => {
  assert.throws(() => readConfig(schema, []), withCode("OPTION_MISSING", /--config/));
  assert.throws(() => readConfig(schema, ["--config", "--party"]), withCode("OPTION_MISSING", /--config/));
  assert.throws(
    () => readConfig(schema, ["--config", join(folder, "absent.json")]),
    withCode("CONFIG_UNREADABLE", /ENOENT$/),
  );
  assert.throws(
    () => readConfig(schema, ["--config", written('{"secret": hunter2}')]),
    (error: unknown) =>
      error instanceof ConfigError && error.code === "CONFIG_UNREADABLE" && !/hunter2/.test(error.message),
  );
});

test("reads the party, and refuses what is not a party's name", () => {
  assert.equal(readParty(["--party", "contoso"]), "contoso");
  assert.throws(() => readParty(["--party", "../contoso"]), withCode("CONFIG_INVALID", /"\.\.\/contoso"/));
  assert.throws(() => readParty([]), withCode("OPTION_MISSING", /--party/));
});
