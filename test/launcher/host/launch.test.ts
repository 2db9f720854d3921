import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs, { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { appraiseEvidence, parseReport, simulatedRoot, strictPolicy, validateReport, verifyReport } from "#attestation";
import { HostError } from "../../../services/launcher/host/host-error.ts";
import { createLaunchImage, type LaunchImage, type WorkloadImage } from "../../../services/launcher/host/image.ts";
import { launchStandard, type Launched, launchWorkload } from "../../../services/launcher/host/launch.ts";
import { workloadRole } from "../../../services/launcher/host/roles.ts";
import { openSimulatedPki, type SimulatedPki } from "../../../services/launcher/host/simulated-pki.ts";
import { type FakeProject, fakeProject } from "./fake-project.ts";

const probe = readFileSync(join(import.meta.dirname, "probe-workload.ts"), "utf8");

let project: FakeProject;
let pki: SimulatedPki;
let image: LaunchImage;
const images = (): string => join(project.scratch, "state", "host", "images");
const running: Launched[] = [];

const createImage = (nodeOptions = ""): Promise<LaunchImage> =>
  createLaunchImage({
    project: project.folder,
    images: images(),
    workloads: [workloadRole("analytics", "woodgrove"), workloadRole("analytics", "contoso")],
    node: { path: process.execPath, version: process.version },
    nodeOptions,
  });

const workload = (label: string): WorkloadImage => {
  const found = image.workloads.get(label);
  assert.ok(found);
  return found;
};

const started = async (launched: Launched): Promise<Launched> => {
  running.push(launched);
  const [message] = await Promise.race([
    once(launched.child, "message"),
    once(launched.child, "exit").then(() => [readFileSync(launched.logFile, "utf8")]),
  ]);
  assert.equal(message, "ready");
  return launched;
};

const own = (name: string): string => join(project.scratch, "state", name);
const launch = (label: string): Promise<Launched> =>
  started(launchWorkload({ pki, image: workload(label), ownFolder: own(label.replace("/", "-")) }));

/** How an attempt of the probe ended. */
interface Attempt {
  readonly value?: unknown;
  readonly error?: string;
}

const attempt = async ({ child }: Launched, name: string, argument = ""): Promise<Attempt> => {
  child.send([name, argument]);
  const [answer] = await once(child, "message");
  return answer;
};

let analytics: Launched;
before(async () => {
  project = fakeProject(probe);
  mkdirSync(images(), { recursive: true });
  pki = await openSimulatedPki(join(project.scratch, "state", "host", "pki"));
  image = await createImage();
  process.env["NODE_OPTIONS"] = "--no-warnings";
  process.env["SEALMESH_SECRET"] = "never";
  analytics = await launch("woodgrove/analytics");
});
after(async () => {
  for (const { child } of running) {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  await image.remove();
  assert.deepEqual(readdirSync(images()), []);
  fs.rmSync(project.scratch, { recursive: true });
});

describe("a launched workload", () => {
  test("runs from the read-only copy with the measured command", async () => {
    const { folder, node, image: copy } = workload("woodgrove/analytics");
    const { value } = await attempt(analytics, "arguments");
    const ownFolder = own("woodgrove-analytics");
    assert.deepEqual(value, {
      argv: ["--party", "woodgrove", "--config", join(ownFolder, "config.json")],
      execArgv: [
        "--permission",
        `--allow-fs-read=${copy}`,
        `--allow-fs-read=${ownFolder}`,
        `--allow-fs-write=${ownFolder}`,
      ],
      cwd: folder,
      exec: node,
    });
    assert.ok(folder.startsWith(images()));
    assert.equal(fs.lstatSync(join(folder, "services/analytics/main.ts")).mode & 0o777, 0o400);
    assert.equal(fs.lstatSync(join(folder, "services/analytics")).mode & 0o777, 0o500);
    assert.equal(fs.lstatSync(node).mode & 0o777, 0o500);
    assert.match(readFileSync(analytics.logFile, "utf8"), /^started\n/);
  });

  test("has no variable of the host's environment, NODE_OPTIONS least of all", async () => {
    assert.equal(process.env["NODE_OPTIONS"], "--no-warnings");
    assert.deepEqual(await attempt(analytics, "environment"), { value: {} });
  });

  test("reads its copy and its own folder, and nothing else", async () => {
    fs.writeFileSync(join(project.scratch, "secret"), "secret");
    const key = join(project.scratch, "state", "host", "pki", "chip.key.pem");
    assert.ok(existsSync(key));
    for (const path of [
      join(project.scratch, "secret"),
      key,
      join(project.folder, "package.json"),
      "/etc/hostname",
      "/proc/self/environ",
    ])
      assert.deepEqual(await attempt(analytics, "read", path), { error: "ERR_ACCESS_DENIED" }, path);
    for (const path of [project.scratch, images(), own("contoso-analytics"), "/proc/self/fd"])
      assert.deepEqual(await attempt(analytics, "list", path), { error: "ERR_ACCESS_DENIED" }, path);
    assert.deepEqual(await attempt(analytics, "write", join(own("woodgrove-analytics"), "mine")), { value: "done" });
    assert.deepEqual(await attempt(analytics, "read", join(own("woodgrove-analytics"), "mine")), { value: "written" });
  });

  test("writes nowhere but into its own folder, and makes no link out of it", async () => {
    const { folder, image: copy } = workload("woodgrove/analytics");
    for (const path of [
      join(folder, "package.json"),
      join(copy, "node_modules/two/index.js"),
      join(project.scratch, "new"),
    ])
      assert.deepEqual(await attempt(analytics, "write", path), { error: "ERR_ACCESS_DENIED" }, path);
    assert.deepEqual(await attempt(analytics, "link", join(project.scratch, "secret")), { error: "ERR_ACCESS_DENIED" });
  });

  test("starts no process, no worker, no native code and no inspector", async () => {
    for (const name of ["spawn", "worker"])
      assert.deepEqual(await attempt(analytics, name), { error: "ERR_ACCESS_DENIED" });
    assert.deepEqual(await attempt(analytics, "addon", "/tmp/none.node"), { error: "ERR_DLOPEN_DISABLED" });
    assert.deepEqual(await attempt(analytics, "inspect"), { error: "ERR_ACCESS_DENIED" });
    // The signal on which Node opens its inspector.
    analytics.child.kill("SIGUSR1");
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(await attempt(analytics, "zstd"), { value: true });
    assert.doesNotMatch(readFileSync(analytics.logFile, "utf8"), /debugger/i);
  });

  test("has the network, zstd and the measured production packages, and no other package", async () => {
    assert.deepEqual(await attempt(analytics, "network"), { value: "hello" });
    assert.deepEqual(await attempt(analytics, "zstd"), { value: true });
    assert.deepEqual(await attempt(analytics, "import", "@scope/one"), { value: "@scope/one" });
    // Installed in the project and, worse, in a folder above the copy, where Node would look next.
    project.write("../state/node_modules/planted/index.js", "export const name = 1;\n");
    for (const name of ["builder", "checker", "planted"])
      assert.match(
        (await attempt(analytics, "import", name)).error ?? "",
        /^ERR_(MODULE_NOT_FOUND|ACCESS_DENIED)$/,
        name,
      );
  });

  test("gets reports that vouch for it and for no other workload", async () => {
    const contoso = await launch("contoso/analytics");
    const hostData: string[] = [];
    for (const [launched, label] of [
      [analytics, "woodgrove/analytics"],
      [contoso, "contoso/analytics"],
    ] as const) {
      const data = createHash("sha512").update(label).digest("hex");
      const { value } = await attempt(launched, "report", data);
      assert.ok(Array.isArray(value));
      const bytes = value.map((hex: string) => new Uint8Array(Buffer.from(hex, "hex")));
      const [report, vcek, ask, ark, policyDocument, measurementDocument] = bytes;
      assert.ok(report && vcek && ask && ark && policyDocument);
      const verified = await verifyReport(
        { report, certificates: [vcek, ask, ark] },
        { roots: simulatedRoot(pki.arkSpkiSha256), now: new Date(), revocation: { unchecked: "not of this test" } },
      );
      assert.equal(Buffer.from(verified.report.reportData).toString("hex"), data);
      assert.deepEqual(policyDocument, workload(label).policyDocument);
      assert.deepEqual(measurementDocument, workload(label).measurementDocument);
      const sha256 = createHash("sha256").update(policyDocument).digest("hex");
      assert.equal(Buffer.from(parseReport(report).hostData).toString("hex"), sha256);
      hostData.push(sha256);
    }
    assert.notEqual(hostData[0], hostData[1]);
  });

  test("makes evidence that a verifier accepts for its contract's workload, and for no other", async () => {
    const nonce = new Uint8Array(32).fill(9);
    const { value } = await attempt(analytics, "evidence", Buffer.from(nonce).toString("hex"));
    assert.ok(Array.isArray(value));
    const bytes = value.map((hex: string) => new Uint8Array(Buffer.from(hex, "hex")));
    const [report, runtimeClaims, ...certificates] = bytes;
    assert.ok(report && runtimeClaims);
    const { verified } = await appraiseEvidence(
      { report, runtimeClaims, certificates },
      {
        roots: simulatedRoot(pki.arkSpkiSha256),
        now: new Date(),
        revocation: { unchecked: "not of this test" },
        purpose: "reader",
        audience: "anyone",
        nonce,
        tlsSpkiSha256: { unchecked: "this test has no connection" },
      },
    );
    const { policyDocument, measurementDocument } = workload("woodgrove/analytics");
    const measurement = createHash("sha384").update(measurementDocument).digest();
    const policyFor = (document: Uint8Array) =>
      strictPolicy({
        hardware: { anyOf: ["simulated"] },
        measurement: { anyOf: [measurement] },
        hostData: { anyOf: [createHash("sha256").update(document).digest()] },
        minimumTcb: { "19-01": { bootLoader: 4, tee: 0, snp: 24, microcode: 219 } },
      });
    const findings = (document: Uint8Array) => validateReport(verified, policyFor(document)).map(({ field }) => field);
    assert.deepEqual(findings(policyDocument), []);
    assert.deepEqual(findings(workload("contoso/analytics").policyDocument), ["hostData"]);
  });

  test("stays what it was when the sources change after the start", async () => {
    const before = workload("woodgrove/analytics");
    project.write("services/analytics/main.ts", `${probe}// changed\n`);
    project.write("node_modules/two/index.js", "export const name = 'changed';\n");
    assert.deepEqual(await attempt(analytics, "import", "two"), { value: "two" });
    assert.equal(readFileSync(join(before.folder, "services/analytics/main.ts"), "utf8"), probe);
  });
});

const refused = (image: WorkloadImage, environment: Record<string, string>): void =>
  assert.throws(
    () => launchWorkload({ pki, image, ownFolder: own("refused"), environment }),
    (error) => error instanceof HostError && error.code === "ENVIRONMENT_REFUSED",
  );

describe("a launch", () => {
  test("refuses variables that the role does not list, and loaders even if it did", () => {
    const listed = (name: string): WorkloadImage => {
      const base = workload("woodgrove/analytics");
      return { ...base, definition: { ...base.definition, environment: [name] } };
    };
    refused(workload("woodgrove/analytics"), { TZ: "UTC" });
    for (const name of ["NODE_OPTIONS", "NODE_PATH", "LD_PRELOAD", "SSL_CERT_FILE"])
      refused(listed(name), { [name]: "x" });
  });

  test("hands over a variable that the role lists", async () => {
    const base = workload("woodgrove/analytics");
    const image = { ...base, definition: { ...base.definition, environment: ["LANGUAGE"] } };
    const launched = await started(
      launchWorkload({ pki, image, ownFolder: own("with-variable"), environment: { LANGUAGE: "en" } }),
    );
    assert.deepEqual(await attempt(launched, "environment"), { value: { LANGUAGE: "en" } });
  });

  test("grants folders under the names that the process is told, links on the way or not", async () => {
    fs.symlinkSync(project.scratch, join(project.scratch, "linked"));
    const ownFolder = join(project.scratch, "linked", "state", "through-link");
    const launched = await started(launchWorkload({ pki, image: workload("woodgrove/analytics"), ownFolder }));
    assert.deepEqual(await attempt(launched, "write", join(ownFolder, "mine")), { value: "done" });
    const outside = join(project.scratch, "linked", "state", "broker", "process.log");
    assert.deepEqual(await attempt(launched, "read", outside), { error: "ERR_ACCESS_DENIED" });
  });

  test("of a role with storage wants the folder", () => {
    const base = workload("woodgrove/analytics");
    const image = { ...base, definition: workloadRole("provider", "contoso") };
    assert.throws(
      () => launchWorkload({ pki, image, ownFolder: own("no-storage") }),
      (error) => error instanceof HostError && error.code === "PLACEHOLDER_UNKNOWN",
    );
  });

  test("of a process without a TEE has the same sandbox, the project's code, and no secure processor", async () => {
    const node = process.execPath;
    const broker = await started(
      launchStandard({ role: "broker", party: "contoso", project: project.folder, node, ownFolder: own("broker") }),
    );
    assert.deepEqual(await attempt(broker, "report", "00".repeat(64)), { error: "REPORT_UNAVAILABLE" });
    assert.deepEqual(await attempt(broker, "environment"), { value: {} });
    assert.deepEqual(await attempt(broker, "import", "two"), { value: "changed" });
    const key = join(project.scratch, "state", "host", "pki", "chip.key.pem");
    for (const path of [key, join(own("woodgrove-analytics"), "mine")])
      assert.deepEqual(await attempt(broker, "read", path), { error: "ERR_ACCESS_DENIED" });
  });
});
