// `sealmesh verify evidence` on every shared vector, from files as a user has them.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { simulatedRoot } from "#attestation";
import { judgeEvidence } from "../../services/cli/evidence/judge-evidence.ts";
import { fakeCrl, fakeEvidence, fakeNow, fakeRoots } from "../lib/attestation/fake-processor.ts";
import { evidenceOf, fileOf, index, skip } from "../lib/attestation/vectors.ts";

const folder = mkdtempSync(join(tmpdir(), "sealmesh-evidence-"));
after(() => rmSync(folder, { recursive: true }));

type Evidence = { readonly report: Uint8Array; readonly certificates: readonly Uint8Array[] };

/** Writes evidence into a folder of its own and returns the options that name it. */
const filesOf = ({ report, certificates }: Evidence, name: string) => {
  const place = join(folder, name.replaceAll("/", "-"));
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "report.bin"), report);
  const certs = certificates.map((der, at) => {
    const file = join(place, `${at}.der`);
    writeFileSync(file, der);
    return file;
  });
  return { report: join(place, "report.bin"), certs, state: folder };
};

const pinOf = (product: string) => `sha256:${index.about.syntheticRoots[product]?.spkiSha256 ?? ""}`;

for (const { name, files, verifyAt, expected, decoded, product, signingKey } of [...index.vectors, ...index.tampered]) {
  const isGenuine = expected.authentic === "ok";
  test(`${name} is ${isGenuine ? "genuine" : "not genuine"}`, { skip }, async () => {
    const { verdict, isUsable } = await judgeEvidence({
      ...filesOf(evidenceOf(name, files), name),
      at: verifyAt,
      root: "amd",
    });
    assert.ok(isUsable);
    assert.equal(verdict.ok, isGenuine, verdict.failures[0]?.message);
    if (!isGenuine) return;
    assert.deepEqual([verdict.code, verdict.product, verdict.signer], ["OK", product, signingKey.toLowerCase()]);
    assert.equal(verdict.fields?.["measurement"], decoded["measurement"]);
    assert.equal(verdict.fields?.["report_data"], decoded["reportData"]);
    assert.equal(`0x${verdict.fields?.["policy"]}`, decoded.policy);
    assert.equal(BigInt(`0x${verdict.fields?.["reported_tcb"]}`), BigInt(decoded.tcb.reported.u64));
  });
}

for (const { name, base, mutations, verifyAt, expected } of index.negatives) {
  test(`mutation ${name} is ${expected}`, { skip }, async () => {
    const vector = index.vectors.find((one) => one.name === base) ?? assert.fail(`no vector ${base}`);
    const evidence = evidenceOf(base, vector.files, mutations);
    const { verdict, isUsable } = await judgeEvidence({
      ...filesOf(evidence, `not-${name}`),
      at: verifyAt,
      root: "amd",
    });
    assert.equal(verdict.ok, expected === "ok");
    assert.equal(isUsable, expected !== "bad_length");
  });
}

for (const { name, files, product, verifyAt, expectedWithSyntheticRoots } of index.synthetic) {
  test(`${name} is ${expectedWithSyntheticRoots} under its own root and refused under AMD's`, { skip }, async () => {
    const options = { ...filesOf(evidenceOf(name, files), name), at: verifyAt };
    const { verdict } = await judgeEvidence({ ...options, root: "simulated", rootSpki: pinOf(product) });
    assert.equal(verdict.ok, expectedWithSyntheticRoots === "ok", verdict.code);
    assert.equal((await judgeEvidence({ ...options, root: "amd" })).verdict.ok, false);
  });
}

test("a folder as a person has it, with other files in it, is enough", { skip }, async () => {
  const { name, verifyAt } =
    index.vectors.find(({ files }) => files.certTable !== undefined) ?? assert.fail("no vector");
  const place = join(folder, "as-it-is");
  mkdirSync(place);
  const vector = index.vectors.find((one) => one.name === name) ?? assert.fail("no vector");
  for (const file of Object.values(vector.files)) writeFileSync(join(place, file), fileOf(`${name}/${file}`));
  writeFileSync(join(place, "notes.txt"), "not a certificate");
  const options = {
    report: join(place, "report.bin"),
    certs: [place],
    at: verifyAt,
    root: "amd",
    state: folder,
  } as const;
  const { verdict } = await judgeEvidence(options);
  assert.ok(verdict.ok, verdict.failures[0]?.message);
  assert.ok(verdict.passed_over.some((what) => what.includes("notes.txt: holds no certificate")));
});

const pin =
  fakeRoots.kind === "simulated" ? Buffer.from(fakeRoots.arkSpkiSha256).toString("hex") : assert.fail("no pin");
const fake = async (name: string) =>
  ({ ...filesOf(await fakeEvidence(), name), at: fakeNow.toISOString(), root: "simulated", rootSpki: pin }) as const;

test("a CRL that is named must be current, and then nothing is left unchecked", async () => {
  const crl = join(folder, "fresh.crl");
  writeFileSync(crl, await fakeCrl());
  const { verdict } = await judgeEvidence({ ...(await fake("crl")), crl: [crl] });
  assert.ok(verdict.ok);
  assert.deepEqual(verdict.not_checked, []);
  writeFileSync(crl, await fakeCrl({ nextUpdate: "260101000000Z" }));
  assert.equal((await judgeEvidence({ ...(await fake("crl")), crl: [crl] })).verdict.code, "EVIDENCE_CRL_EXPIRED");
});

test("a CRL that lies among the certificates is used", async () => {
  const options = await fake("crl-beside");
  const crl = join(folder, "revoking.crl");
  writeFileSync(crl, await fakeCrl({ revoked: ["00"] }));
  const { verdict } = await judgeEvidence({ ...options, certs: [...options.certs, crl] });
  assert.equal(verdict.code, "EVIDENCE_CERTIFICATE_REVOKED");
});

test("a damaged certificate is not passed over", async () => {
  const options = await fake("damaged");
  writeFileSync(options.certs[1] ?? "", fileWithoutEnd((await fakeEvidence()).certificates[1]));
  assert.equal((await judgeEvidence(options)).verdict.code, "CERTIFICATE_MALFORMED");
});

const fileWithoutEnd = (bytes: Uint8Array | undefined) => (bytes ?? new Uint8Array()).subarray(0, -1);

test("a service that gives nothing leaves the question open: neither genuine nor not", async () => {
  const { certs: _, ...options } = await fake("unreachable");
  const kds = { kds: join(folder, "kept"), kdsUrl: "http://127.0.0.1:1" };
  const { verdict, isUsable } = await judgeEvidence({ ...options, ...kds });
  assert.deepEqual([verdict.code, isUsable], ["COLLATERAL_UNAVAILABLE", false]);
});

test("no simulated root is trusted for being in the files", async () => {
  const { rootSpki: _, ...options } = await fake("unpinned");
  const { verdict, isUsable } = await judgeEvidence(options);
  assert.deepEqual([verdict.ok, isUsable], [false, false]);
});

test("the local mesh's root is the default of a simulated one", async () => {
  const state = join(folder, "state");
  mkdirSync(join(state, "host", "hardware"), { recursive: true });
  writeFileSync(join(state, "host", "hardware", "root.json"), JSON.stringify({ ark_spki_sha256: `sha256:${pin}` }));
  const { rootSpki: _, ...options } = await fake("local");
  assert.ok((await judgeEvidence({ ...options, state })).verdict.ok);
  assert.ok(simulatedRoot(Buffer.from(pin, "hex")));
});

const project = join(import.meta.dirname, "../..");
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(project, "services/cli/main.ts"), "verify", "evidence", ...args], {
    encoding: "utf8",
  });

test("the command exits 0 for genuine, 1 for not, 2 for nothing to judge, with one JSON object each time", async () => {
  const { report, certs, at, rootSpki } = await fake("command");
  const base = ["--root", "simulated", "--root-spki", rootSpki, "--json", "--certs", ...certs];
  const cases: readonly [number, string, readonly string[]][] = [
    [0, "OK", ["--report", report, "--at", at, ...base]],
    [1, "EVIDENCE_CERTIFICATE_EXPIRED", ["--report", report, "--at", "2040-01-01T00:00:00Z", ...base]],
    [2, "FILE_UNUSABLE", ["--report", join(folder, "absent"), ...base]],
    [2, "FILE_MALFORMED", ["--report", certs[0] ?? "", ...base]],
    [2, "ARGUMENT_INVALID", ["--report", report, "--at", "yesterday", ...base]],
    [2, "FILE_MALFORMED", ["--report", report, "--root", "simulated", "--root-spki", pin, "--json", "--certs", report]],
  ];
  for (const [status, code, args] of cases) {
    const ended = run(...args);
    assert.equal(ended.status, status, ended.stderr);
    const [line, ...more] = ended.stdout.trimEnd().split("\n");
    assert.equal(more.length, 0);
    const verdict = JSON.parse(line ?? "");
    assert.deepEqual([verdict.ok, verdict.code], [status === 0, code]);
  }
  assert.match(
    execFileSync(process.execPath, [join(project, "services/cli/main.ts"), "verify", "--help"], { encoding: "utf8" }),
    /evidence/,
  );
});
