// Years in the life of a simulated machine: new firmware, revoked keys.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  createKdsClient,
  gatherCollateral,
  simulatedRoot,
  strictPolicy,
  validateReport,
  verifyReport,
} from "#attestation";
import { openCollateralFolder } from "#platform";
import { createGuest } from "../../../services/launcher/host/guest.ts";
import { publishCollateral } from "../../../services/launcher/host/publish-collateral.ts";
import { openSimulatedPki, type SimulatedPki } from "../../../services/launcher/host/simulated-pki.ts";
import { type Machines, openMachines } from "./machines.ts";

const documents = { policyDocument: Uint8Array.of(1), measurementDocument: Uint8Array.of(2) };
let machines: Machines;
let pki: SimulatedPki;
before(async () => {
  machines = await openMachines("Milan");
});
after(() => machines.close());
beforeEach(async () => {
  pki = await machines.place({ chip: "milan", signer: "vcek", reportVersion: 3 });
});

const unchecked = { unchecked: "not of this test" };
const verify = (
  report: Uint8Array,
  certificates = pki.signer().certificates,
  options: { readonly crls?: readonly Uint8Array[]; readonly now?: Date } = {},
) =>
  verifyReport(
    { report, certificates },
    {
      roots: simulatedRoot(pki.arkSpkiSha256),
      now: options.now ?? new Date(),
      revocation: options.crls === undefined ? unchecked : { crls: options.crls, absent: "refused", stale: "refused" },
    },
  );
const reportData = new Uint8Array(64);
const first = { bootLoader: 4, tee: 0, snp: 24, microcode: 219 };
const raised = { ...first, snp: 27, microcode: 222 };

describe("new firmware", () => {
  test("shows in a running guest's next report, and the guest stays launched under the old", async () => {
    const guest = createGuest(pki, documents);
    pki.raiseTcb({ tcb: { snp: 27, microcode: 222 }, upTo: "reported" });
    const { tcb, report } = await verify(await guest.report(reportData));
    assert.deepEqual(tcb, { reported: raised, committed: raised, current: raised, launch: first });
    assert.deepEqual(report.currentVersion, { major: 1, minor: 55, build: 30 });
    assert.deepEqual(report.committedVersion, report.currentVersion);
  });

  test("is vouched for by another VCEK, and not by the one of before", async () => {
    const guest = createGuest(pki, documents);
    const before = guest.certificates;
    await verify(await guest.report(reportData), before);
    pki.raiseTcb({ tcb: { snp: 25 }, upTo: "reported" });
    const report = await guest.report(reportData);
    await assert.rejects(verify(report, before), { code: "EVIDENCE_TCB_MISMATCH" });
    await verify(report);
    await assert.rejects(verify(report, [...before, ...guest.certificates.slice(1)]), {
      code: "EVIDENCE_TCB_MISMATCH",
    });
  });

  test("that is not committed runs, and reports are signed by the key of the old", async () => {
    const guest = createGuest(pki, documents);
    const before = guest.certificates;
    pki.raiseTcb({ tcb: { snp: 25 }, upTo: "current" });
    const verified = await verify(await guest.report(reportData), before);
    const current = { ...first, snp: 25 };
    assert.deepEqual(verified.tcb, { reported: first, committed: first, current, launch: first });
    const { measurement, hostData, currentVersion, committedVersion } = verified.report;
    assert.deepEqual([currentVersion.build, committedVersion.build], [30, 29]);
    const policy = strictPolicy({
      measurement: { anyOf: [measurement] },
      hostData: { anyOf: [hostData] },
      minimumTcb: unchecked,
      provisionalFirmware: "forbidden",
    });
    assert.deepEqual(
      validateReport(verified, policy).map(({ code }) => code),
      ["PROVISIONAL_FIRMWARE"],
    );
  });

  test("is committed, and then reported, without new firmware", async () => {
    pki.raiseTcb({ tcb: { snp: 25 }, upTo: "current" });
    const { committed, reportedTcb } = pki.raiseTcb({ tcb: {}, upTo: "committed" });
    assert.deepEqual([committed.tcb, reportedTcb], [{ ...first, snp: 25 }, first]);
    assert.deepEqual(pki.raiseTcb({ tcb: {}, upTo: "reported" }).reportedTcb, { ...first, snp: 25 });
  });

  for (const [what, tcb] of [
    ["that would lower a component", { snp: 25, microcode: 218 }],
    ["of more than a byte", { snp: 256 }],
    ["of no whole number", { snp: 24.5 }],
    ["with an fmc, which a Milan does not have", { fmc: 1 }],
    ["that changes nothing", { snp: 24 }],
  ] as const)
    test(`${what} is refused, and changes nothing`, () => {
      const before = pki.signer().machine;
      assert.throws(() => pki.raiseTcb({ tcb, upTo: "reported" }), { code: "TCB_REFUSED" });
      assert.deepEqual(pki.signer().machine, before);
    });

  test("holds for every host that has the folder open, and for the next one", async () => {
    const other = await openSimulatedPki(machines.folder);
    pki.raiseTcb({ tcb: { snp: 25 }, upTo: "reported" });
    const key = (host: SimulatedPki) => host.signer().key.export({ format: "jwk" });
    assert.deepEqual(key(other), key(pki));
    assert.deepEqual(key(await openSimulatedPki(machines.folder)), key(pki));
  });
});

describe("a machine", () => {
  test("stays what it was made as", async () => {
    for (const shape of [{ chip: "genoa" }, { reportVersion: 5 }, { signer: "vlek" }] as const)
      await assert.rejects(openSimulatedPki(machines.folder, { shape }), { code: "CHIP_MISMATCH" });
    await openSimulatedPki(machines.folder, { shape: { chip: "milan", reportVersion: 3, signer: "vcek" } });
  });

  test("that is not whole is refused", async () => {
    const file = join(machines.folder, "machine.json");
    for (const text of ["{}", "", readFileSync(file, "utf8").replace('"snp": 24', '"snp": 256')]) {
      writeFileSync(file, text);
      await assert.rejects(openSimulatedPki(machines.folder), { code: "PKI_UNUSABLE" });
    }
  });
});

describe("revocation", () => {
  /** Revoked is for good: every test has a machine whose root starts anew. */
  const evidence = async () => ({
    report: await createGuest(pki, documents).report(reportData),
    certificates: pki.signer().certificates,
  });
  beforeEach(() => writeFileSync(join(machines.folder, "revoked.json"), "[]"));

  test("of the ASK refuses every report that its VCEKs sign", async () => {
    const { report, certificates } = await evidence();
    const { revocation } = await verify(report, certificates, { crls: [pki.crl()] });
    assert.ok(revocation.checked);
    pki.revoke("vcek");
    await assert.rejects(verify(report, certificates, { crls: [pki.crl()] }), { code: "EVIDENCE_CERTIFICATE_REVOKED" });
  });

  test("of the ASVK leaves VCEKs alone", async () => {
    const { report, certificates } = await evidence();
    pki.revoke("vlek");
    await verify(report, certificates, { crls: [pki.crl()] });
    pki = await machines.place({ chip: "milan", signer: "vlek", reportVersion: 3 });
    const vlek = await evidence();
    await assert.rejects(verify(vlek.report, vlek.certificates, { crls: [pki.crl()] }), {
      code: "EVIDENCE_CERTIFICATE_REVOKED",
    });
  });

  test("happens once", () => {
    pki.revoke("vcek");
    assert.throws(() => pki.revoke("vcek"), { code: "ALREADY_REVOKED" });
  });

  test("is listed for a year", async () => {
    const { report, certificates } = await evidence();
    const crls = [pki.crl()];
    const after = (days: number) => new Date(Date.now() + days * 86_400_000);
    await verify(report, certificates, { crls, now: after(363) });
    await assert.rejects(verify(report, certificates, { crls, now: after(366) }), { code: "EVIDENCE_CRL_EXPIRED" });
  });

  test("is published where a client without a network finds it, and replaced there", async () => {
    const folder = join(machines.folder, "..", "collateral");
    const store = openCollateralFolder(folder);
    const offline = createKdsClient({
      store,
      fetch: () => Promise.reject(new Error("there is no network")),
      now: Date.now,
      sleep: async () => undefined,
    });
    const verifyOffline = async () => {
      const { report, certificates } = await evidence();
      const alone = { report, certificates: certificates.slice(0, 1) };
      const gathered = await gatherCollateral(alone, { kds: offline, unreachable: "refused", stale: "refused" });
      const options = { roots: simulatedRoot(pki.arkSpkiSha256), now: new Date(), revocation: gathered.revocation };
      return verifyReport(gathered.evidence, options);
    };
    await publishCollateral(pki, folder);
    assert.ok((await verifyOffline()).revocation.checked);
    pki.revoke("vcek");
    await publishCollateral(pki, folder);
    await assert.rejects(verifyOffline(), { code: "EVIDENCE_CERTIFICATE_REVOKED" });
  });
});

describe("the CRL", () => {
  const text = (file: string, ...more: readonly string[]): string =>
    execFileSync("openssl", ["crl", "-inform", "DER", "-in", file, "-noout", ...more], {
      encoding: "utf8",
      stdio: "pipe",
    });
  /** Dates, key identifiers, numbers and signature are each root's own. */
  const shape = (file: string): string =>
    text(file, "-text")
      .split("Signature Value")[0]
      ?.replaceAll(/\w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, "date")
      .replaceAll(/(?:[\dA-F]{2}:){19}[\dA-F]{2}|(?<=CRL Number: \n +)\d+|(?<=Serial Number: )\w+/g, "own")
      .replaceAll(/ARK-\w+/g, "ARK") ?? "";
  const own = (): string => {
    const file = join(machines.folder, "..", "own.crl");
    writeFileSync(file, pki.crl());
    return file;
  };
  const vectors = new URL("../../../../shared/vectors/sev-snp/crl/", import.meta.url);
  const skip = existsSync(vectors) ? false : "skipped: ../shared/vectors absent";

  test("differs from AMD's in dates, keys, numbers and signature alone, with and without an entry", { skip }, () => {
    writeFileSync(join(machines.folder, "revoked.json"), "[]");
    assert.equal(shape(own()), shape(new URL("milan.crl.der", vectors).pathname));
    pki.revoke("vcek");
    assert.equal(shape(own()), shape(new URL("genoa.crl.der", vectors).pathname));
    assert.match(text(own(), "-text"), /Serial Number: 010001\n/);
  });

  test("verifies with openssl under the root", () => {
    // openssl says it on stderr.
    const args = ["crl", "-inform", "DER", "-in", own(), "-noout", "-CAfile", join(machines.folder, "ark.pem")];
    const said = execFileSync("sh", ["-c", `openssl ${args.join(" ")} 2>&1`], { encoding: "utf8" });
    assert.match(said, /verify OK/);
  });
});
