import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { HostError } from "../../../services/launcher/host/host-error.ts";
import { productionPackages } from "../../../services/launcher/host/lockfile.ts";
import { hostDataOf, measurementOf, measurePolicy, measureRuntime } from "../../../services/launcher/host/measure.ts";
import {
  compareReference,
  measureReference,
  readReference,
  writeReference,
} from "../../../services/launcher/host/reference.ts";
import { standardCommand, workloadRole } from "../../../services/launcher/host/roles.ts";
import { type FakeProject, fakeProject } from "./fake-project.ts";

const role = workloadRole("analytics", "woodgrove");
const codeIs = (code: string) => (error: unknown) => error instanceof HostError && error.code === code;
const sha384 = (data: string | Buffer): string => createHash("sha384").update(data).digest("hex");
const decode = (document: Uint8Array): string => new TextDecoder().decode(document);
const parsePolicy = (document: Uint8Array): { readonly files: Readonly<Record<string, string>> } =>
  JSON.parse(decode(document));

interface Measurement {
  readonly node: { readonly sha384: string };
  readonly lockfile: string;
  readonly packages: Readonly<Record<string, string>>;
}
const parseMeasurement = (document: Uint8Array): Measurement => JSON.parse(decode(document));

const withFolder = (folder: string, entry: object = {}): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { "": {}, [folder]: entry } });

let project: FakeProject;
beforeEach(() => {
  project = fakeProject();
});
afterEach(() => rmSync(project.scratch, { recursive: true }));

/** A small file stands for the Node binary: its bytes are all that is looked at. */
const runtime = (nodeOptions = "") => {
  project.write("fake-node", "the runtime");
  return measureRuntime({
    folder: project.folder,
    node: { path: join(project.folder, "fake-node"), version: "v24.21.0" },
    nodeOptions,
  });
};

describe("the policy document", () => {
  test("is canonical JSON of role, command, environment and every file of the role's closed set", async () => {
    const document = await measurePolicy(project.folder, role);
    const { files, ...rest } = parsePolicy(document);
    assert.deepEqual(rest, { v: 1, role: "analytics", command: role.command, environment: [] });
    assert.ok("services/analytics/deep/er.ts" in files && "gen/ts/fake_pb.ts" in files && "package.json" in files);
    assert.ok("services/lib/platform/index.ts" in files);
    assert.deepEqual(
      Object.keys(files).filter((file) => /provider|node_modules|lock/.test(file)),
      [],
    );
    assert.equal(files["gen/ts/fake_pb.ts"], `sha384:${sha384("export const b = 2;\n")}`);
    assert.match(decode(document), /^\{"command":\["\{node\}","--permission",/);
    assert.equal(hostDataOf(document), `sha256:${createHash("sha256").update(document).digest("hex")}`);
  });

  test("does not depend on times, modes or the order in which files were made", async () => {
    const before = await measurePolicy(project.folder, role);
    const file = join(project.folder, "gen/ts/fake_pb.ts");
    const bytes = readFileSync(file);
    rmSync(file);
    writeFileSync(file, bytes);
    chmodSync(file, 0o600);
    utimesSync(file, 1, 1);
    assert.deepEqual(await measurePolicy(project.folder, role), before);
  });

  for (const file of [
    "services/analytics/main.ts",
    "services/lib/platform/index.ts",
    "gen/ts/fake_pb.ts",
    "package.json",
  ]) {
    test(`changes with one byte of ${file}, and the measurement document does not`, async () => {
      const [policy, measurement] = [await measurePolicy(project.folder, role), await runtime()];
      project.write(file, `${readFileSync(join(project.folder, file), "utf8")} `);
      const [before, after] = [parsePolicy(policy), parsePolicy(await measurePolicy(project.folder, role))];
      const changed = Object.keys(after.files).filter((name) => after.files[name] !== before.files[name]);
      assert.deepEqual(changed, [file]);
      assert.deepEqual({ ...after, files: {} }, { ...before, files: {} });
      assert.deepEqual(await runtime(), measurement);
    });
  }

  test("changes with a file that is added or renamed", async () => {
    const before = hostDataOf(await measurePolicy(project.folder, role));
    project.write("services/lib/added.ts", "");
    assert.notEqual(hostDataOf(await measurePolicy(project.folder, role)), before);
  });

  test("does not change with another role's file, and differs by party", async () => {
    const before = await measurePolicy(project.folder, role);
    project.write("services/provider/main.ts", "export const other = 1;\n");
    assert.deepEqual(await measurePolicy(project.folder, role), before);
    const other = await measurePolicy(project.folder, workloadRole("analytics", "contoso"));
    assert.notEqual(hostDataOf(other), hostDataOf(before));
  });

  test("is refused for a symbolic link in the closed set", async () => {
    symlinkSync("/etc/hostname", join(project.folder, "services/lib/link.ts"));
    await assert.rejects(measurePolicy(project.folder, role), codeIs("SOURCE_REFUSED"));
  });

  test("is refused when the role's folder is itself a symbolic link", async () => {
    rmSync(join(project.folder, "gen/ts"), { recursive: true });
    mkdirSync(join(project.scratch, "elsewhere"));
    symlinkSync(join(project.scratch, "elsewhere"), join(project.folder, "gen/ts"));
    await assert.rejects(measurePolicy(project.folder, role), codeIs("SOURCE_REFUSED"));
  });
});

describe("the measurement document", () => {
  test("lists the runtime, its options, the lockfile and the installed production packages", async () => {
    const document = await runtime();
    const { packages, ...rest } = parseMeasurement(document);
    assert.deepEqual(rest, {
      v: 1,
      node: { version: "v24.21.0", sha384: `sha384:${sha384("the runtime")}` },
      options: "",
      lockfile: `sha384:${sha384(readFileSync(join(project.folder, "package-lock.json")))}`,
    });
    assert.deepEqual(Object.keys(packages), [
      "node_modules/@scope/one",
      "node_modules/two",
      "node_modules/two/node_modules/inner",
    ]);
    const line = (file: string) => `${sha384(readFileSync(join(project.folder, "node_modules/two", file)))}  ${file}\n`;
    assert.equal(packages["node_modules/two"], `sha384:${sha384(line("index.js") + line("package.json"))}`);
    assert.equal(measurementOf(document), `sha384:${sha384(Buffer.from(document))}`);
  });

  const changes: readonly (readonly [string, string, (document: Measurement) => string | undefined])[] = [
    ["fake-node", "node", ({ node }) => node.sha384],
    ["package-lock.json", "lockfile", ({ lockfile }) => lockfile],
    ["node_modules/two/index.js", "packages", ({ packages }) => packages["node_modules/two"]],
    [
      "node_modules/two/node_modules/inner/index.js",
      "packages",
      ({ packages }) => packages["node_modules/two/node_modules/inner"],
    ],
  ];
  for (const [file, member, digestOf] of changes) {
    test(`changes in one digest with one byte of ${file}, and the policy document does not`, async () => {
      const [before, policy] = [parseMeasurement(await runtime()), await measurePolicy(project.folder, role)];
      const path = join(project.folder, file);
      const measure = async () =>
        parseMeasurement(
          await measureRuntime({
            folder: project.folder,
            node: { path: join(project.folder, "fake-node"), version: "v24.21.0" },
            nodeOptions: "",
          }),
        );
      writeFileSync(path, `${readFileSync(path, "utf8")}\n`);
      const after = await measure();
      assert.notEqual(digestOf(after), digestOf(before));
      const changed = Object.keys(after).filter(
        (name) =>
          JSON.stringify(Object.entries(after).find(([key]) => key === name)) !==
          JSON.stringify(Object.entries(before).find(([key]) => key === name)),
      );
      assert.deepEqual(changed, [member]);
      const packages = Object.keys(after.packages).filter((name) => after.packages[name] !== before.packages[name]);
      assert.equal(packages.length, member === "packages" ? 1 : 0);
      assert.deepEqual(await measurePolicy(project.folder, role), policy);
    });
  }

  test("says so when the host's own runtime was told to load something else", async () => {
    const [before, after] = [
      parseMeasurement(await runtime()),
      parseMeasurement(await runtime("--require /tmp/other.js")),
    ];
    assert.deepEqual(after, { ...before, options: "--require /tmp/other.js" });
  });

  test("does not change with a package for development only", async () => {
    const before = await runtime();
    project.write("node_modules/builder/index.js", "changed\n");
    assert.deepEqual(await runtime(), before);
  });

  test("is refused when a production package is not installed or holds a symbolic link", async () => {
    symlinkSync("/etc/hostname", join(project.folder, "node_modules/two/link.js"));
    await assert.rejects(runtime(), codeIs("SOURCE_REFUSED"));
    rmSync(join(project.folder, "node_modules/two"), { recursive: true });
    await assert.rejects(runtime(), codeIs("PACKAGE_MISSING"));
  });
});

describe("the lockfile", () => {
  test("is refused when it names a folder outside node_modules or links to one", () => {
    for (const folder of [
      "../two",
      "node_modules/../two",
      "node_modules/",
      "services",
      "/node_modules/two",
      "node_modules/a/b",
      "node_modules/.bin",
    ])
      assert.throws(() => productionPackages(withFolder(folder)), codeIs("LOCKFILE_INVALID"), folder);
    assert.throws(() => productionPackages(withFolder("node_modules/two", { link: true })), codeIs("LOCKFILE_INVALID"));
  });

  test("is refused in another version or as other text", () => {
    for (const text of ["", "[]", '{"lockfileVersion":2,"packages":{}}', '{"lockfileVersion":3}'])
      assert.throws(() => productionPackages(text), codeIs("LOCKFILE_INVALID"), text);
  });

  test("of this project gives packages that are all installed, and no runtime", () => {
    const root = join(import.meta.dirname, "..", "..", "..");
    const folders = productionPackages(readFileSync(join(root, "package-lock.json"), "utf8"));
    assert.ok(folders.includes("node_modules/@grpc/grpc-js"));
    assert.deepEqual(
      folders.filter((folder) => /node-linux|typescript/.test(folder)),
      [],
    );
  });
});

describe("the reference values", () => {
  test("are those of the project folder, sorted, and read back as written", async () => {
    const definitions = [workloadRole("provider", "fabrikam"), role];
    const measured = await measureReference(project.folder, definitions);
    const file = join(project.scratch, "infra", "host-data.json");
    assert.deepEqual(await readReference(file), {});
    await writeReference(file, measured);
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(file, "utf8"))), ["fabrikam/provider", "woodgrove/analytics"]);
    assert.deepEqual(compareReference(await readReference(file), measured), []);
    assert.equal(measured["woodgrove/analytics"], hostDataOf(await measurePolicy(project.folder, role)));
  });

  test("name every workload that differs, is new or is gone", () => {
    const [a, b] = [`sha256:${"a".repeat(64)}`, `sha256:${"b".repeat(64)}`];
    assert.deepEqual(
      compareReference({ "x/same": a, "x/other": a, "x/gone": a }, { "x/same": a, "x/other": b, "x/new": b }),
      [
        { workload: "x/gone", reference: a, measured: undefined },
        { workload: "x/new", reference: undefined, measured: b },
        { workload: "x/other", reference: a, measured: b },
      ],
    );
  });

  test("are refused in another form", async () => {
    project.write("host-data.json", '{"woodgrove/analytics":"sha256:00"}');
    await assert.rejects(readReference(join(project.folder, "host-data.json")), codeIs("REFERENCE_INVALID"));
  });
});

test("a process without a TEE may not read the whole project folder, and writes its own folder only, the attacker the storage too", () => {
  for (const name of ["broker", "gateway", "snooper"] as const) {
    const command = standardCommand(name, "contoso");
    assert.ok(!command.includes("--allow-fs-read={project}"));
    assert.deepEqual(
      command.filter((word) => word.startsWith("--allow-fs-write")),
      [...(name === "snooper" ? ["--allow-fs-write={storage}"] : []), "--allow-fs-write={own}"],
    );
  }
});
