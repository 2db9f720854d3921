import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  AttestationError,
  amdRoots,
  parseCertificate,
  parseReport,
  reportDataOf,
  simulatedRoot,
  verifyReport,
} from "#attestation";
import { createGuest } from "../../../services/launcher/host/guest.ts";
import { HostError } from "../../../services/launcher/host/host-error.ts";
import { openSimulatedPki, type SimulatedPki } from "../../../services/launcher/host/simulated-pki.ts";

const scratch = mkdtempSync(join(tmpdir(), "sealmesh-pki-"));
const folder = join(scratch, "host", "pki");
const file = (name: string): string => join(name === "vcek.pem" ? scratch : folder, name);
const openssl = (...args: string[]): string => execFileSync("openssl", args, { encoding: "utf8" });
const text = (name: string): string => openssl("x509", "-in", file(name), "-noout", "-text");
const name = (commonName: string): string =>
  `OU = Engineering, C = US, L = Santa Clara, ST = CA, O = Advanced Micro Devices, CN = ${commonName}`;
const said = (pem: string): readonly string[] =>
  openssl("x509", "-in", file(pem), "-noout", "-subject", "-issuer", "-serial").trim().split("\n");
const documents = {
  policyDocument: new TextEncoder().encode('{"role":"analytics"}'),
  measurementDocument: new TextEncoder().encode('{"v":1}'),
};
const reportData = Uint8Array.from({ length: 64 }, (_, index) => index);
const codeIs = (code: string) => (error: unknown) => error instanceof AttestationError && error.code === code;

let pki: SimulatedPki;
const certificates = (): readonly Uint8Array[] => pki.signer().certificates;
before(async () => {
  pki = await openSimulatedPki(folder);
  // The leaf is issued anew whenever the host starts; only its key stays.
  writeFileSync(join(scratch, "vcek.pem"), new X509Certificate(certificates()[0] ?? new Uint8Array()).toString());
});
after(() => rmSync(scratch, { recursive: true }));

describe("the simulated certificates", () => {
  test("verify with openssl from the leaf to the root", () => {
    const verified = openssl(
      "verify",
      "-x509_strict",
      "-CAfile",
      file("ark.pem"),
      "-untrusted",
      file("ask.pem"),
      file("ask.pem"),
    );
    assert.match(verified, /OK/);
    assert.match(openssl("verify", "-CAfile", file("ark.pem"), "-untrusted", file("ask.pem"), file("vcek.pem")), /OK/);
  });

  test("are RSA-4096, RSA-4096 and P-384, all signed with RSASSA-PSS, SHA-384 and salt 48", () => {
    assert.match(text("ark.pem"), /Public-Key: \(4096 bit\)/);
    assert.match(text("ask.pem"), /Public-Key: \(4096 bit\)/);
    assert.match(text("vcek.pem"), /ASN1 OID: secp384r1/);
    for (const name of ["ark.pem", "ask.pem", "vcek.pem"]) {
      assert.match(
        text(name),
        /Signature Algorithm: rsassaPss\s+Hash Algorithm: sha384\s+Mask Algorithm: mgf1 with sha384\s+Salt Length: 0x30/,
      );
    }
  });

  test("have AMD's names, serial numbers, constraints and CRL point", () => {
    const [ark, ask, vcek] = [name("ARK-Milan"), name("SEV-Milan"), name("SEV-VCEK")];
    assert.deepEqual(said("ark.pem"), [`subject=${ark}`, `issuer=${ark}`, "serial=010000"]);
    assert.deepEqual(said("ask.pem"), [`subject=${ask}`, `issuer=${ark}`, "serial=010001"]);
    assert.deepEqual(said("vcek.pem"), [`subject=${vcek}`, `issuer=${ask}`, "serial=00"]);
    assert.match(text("ark.pem"), /Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    assert.match(text("ask.pem"), /Key Usage: critical\s+Certificate Sign\n/);
    assert.match(text("ark.pem"), /Basic Constraints: critical\s+CA:TRUE\n/);
    assert.match(text("ask.pem"), /Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    for (const pem of ["ark.pem", "ask.pem"])
      assert.match(text(pem), /URI:https:\/\/kdsintf\.amd\.com\/vcek\/v1\/Milan\/crl/);
    assert.doesNotMatch(text("vcek.pem"), /Key Usage|Basic Constraints|CRL|critical/);
  });

  test("are valid for 25, 25 and 7 years from the day before", async () => {
    const years = certificates().map((der) => {
      const { validFromDate, validToDate } = new X509Certificate(der);
      assert.ok(validFromDate.getTime() < Date.now() - 86_000_000);
      return validToDate.getUTCFullYear() - validFromDate.getUTCFullYear();
    });
    assert.deepEqual(years, [7, 25, 25]);
  });

  const vectors = new URL("../../../../shared/vectors/sev-snp/milan-v3-vcek-unknown-01/", import.meta.url);
  test(
    "differ from AMD's own in keys, dates, chip and signature alone",
    { skip: existsSync(vectors) ? false : "skipped: ../shared/vectors absent" },
    () => {
      for (const [index, name] of ["vcek", "ask", "ark"].entries()) {
        const real = parseCertificate(readFileSync(new URL(`${name}.der`, vectors)));
        const ours = parseCertificate(certificates()[index] ?? new Uint8Array());
        assert.deepEqual(ours.subject, real.subject);
        assert.deepEqual(ours.issuer, real.issuer);
        assert.equal(ours.serialNumber, real.serialNumber);
        assert.deepEqual(ours.signatureAlgorithm, real.signatureAlgorithm);
        assert.equal(ours.subjectPublicKeyInfo.length, real.subjectPublicKeyInfo.length);
        assert.deepEqual([...ours.extensions.keys()], [...real.extensions.keys()]);
        for (const [oid, { critical, value }] of real.extensions) {
          const own = ours.extensions.get(oid);
          assert.equal(own?.critical, critical, oid);
          assert.equal(own.value.length, value.length, oid);
          // Key identifiers and the chip are what differs.
          if (!["2.5.29.14", "2.5.29.35", "1.3.6.1.4.1.3704.1.4"].includes(oid))
            assert.deepEqual(own.value, value, oid);
        }
      }
    },
  );

  test("are kept: keys for their user alone, the root's fingerprint beside them", async () => {
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const name of ["ark", "ask", "chip"]) {
      assert.equal(statSync(file(`${name}.key.pem`)).mode & 0o777, 0o600);
      assert.match(readFileSync(file(`${name}.key.pem`), "utf8"), /^-----BEGIN PRIVATE KEY-----/);
    }
    assert.deepEqual(readdirSync(join(scratch, "host")), ["pki"]);
    const spki = createPublicKey(readFileSync(file("ark.pem"))).export({ format: "der", type: "spki" });
    const sha256 = createHash("sha256").update(spki).digest("hex");
    assert.deepEqual(JSON.parse(readFileSync(file("root.json"), "utf8")), { ark_spki_sha256: `sha256:${sha256}` });
    const again = await openSimulatedPki(folder);
    assert.deepEqual(again.signer().key.export({ format: "jwk" }), pki.signer().key.export({ format: "jwk" }));
    assert.deepEqual(again.signer().certificates.slice(1), certificates().slice(1));
    assert.equal(Buffer.from(again.arkSpkiSha256).toString("hex"), sha256);
  });

  test("are refused when a certificate is not for the key beside it", async () => {
    const kept = readFileSync(file("ask.key.pem"));
    try {
      writeFileSync(file("ask.key.pem"), readFileSync(file("ark.key.pem")));
      await assert.rejects(
        openSimulatedPki(folder),
        (error) => error instanceof HostError && error.code === "PKI_UNUSABLE",
      );
    } finally {
      writeFileSync(file("ask.key.pem"), kept);
    }
  });
});

const verify = (report: Uint8Array, roots = simulatedRoot(pki.arkSpkiSha256)) =>
  verifyReport(
    { report, certificates: certificates() },
    { roots, now: new Date(), revocation: { unchecked: "not of this test" } },
  );

describe("a report of the simulated secure processor", () => {
  test("verifies under the pinned simulated root, and says what was measured", async () => {
    const verified = await verify(await createGuest(pki, documents).report(reportData));
    const { report } = verified;
    assert.equal(verified.hardwareRoot, "simulated");
    assert.equal(verified.product, "Milan");
    assert.deepEqual(verified.tcb.reported, { bootLoader: 4, tee: 0, snp: 24, microcode: 219 });
    for (const name of ["committed", "current", "launch"] as const)
      assert.deepEqual(verified.tcb[name], verified.tcb.reported);
    assert.deepEqual(report.hostData, new Uint8Array(createHash("sha256").update(documents.policyDocument).digest()));
    assert.deepEqual(
      report.measurement,
      new Uint8Array(createHash("sha384").update(documents.measurementDocument).digest()),
    );
    assert.deepEqual(report.reportData, reportData);
    assert.equal(report.version, 3);
    assert.equal(report.vmpl, 0);
    assert.equal(report.policy.value, 0x30000n);
    assert.equal(report.platformInfo.value, 0x25n);
    assert.deepEqual(report.cpuid, { family: 0x19, model: 1, stepping: 1 });
    assert.deepEqual(report.currentVersion, { major: 1, minor: 55, build: 29 });
    assert.deepEqual(report.committedVersion, report.currentVersion);
    assert.ok(report.reportIdMa.every((byte) => byte === 0xff));
  });

  test("verifies with openssl over its first 672 bytes", async () => {
    const report = Buffer.from(await createGuest(pki, documents).report(reportData));
    const unsigned = (at: number): Buffer => {
      const bytes = Buffer.from(report.subarray(at, at + 48).toReversed());
      const from = bytes.findIndex((byte) => byte !== 0);
      const minimal = bytes.subarray(from);
      return (minimal[0] ?? 0) < 0x80 ? minimal : Buffer.concat([Buffer.from([0]), minimal]);
    };
    const [r, s] = [unsigned(0x2a0), unsigned(0x2e8)];
    const body = Buffer.concat([Buffer.from([2, r.length]), r, Buffer.from([2, s.length]), s]);
    writeFileSync(join(scratch, "signature"), Buffer.concat([Buffer.from([0x30, body.length]), body]));
    writeFileSync(join(scratch, "signed"), report.subarray(0, 672));
    writeFileSync(join(scratch, "vcek.pub"), openssl("x509", "-in", file("vcek.pem"), "-noout", "-pubkey"));
    const args = ["-sha384", "-verify", join(scratch, "vcek.pub"), "-signature", join(scratch, "signature")];
    assert.match(openssl("dgst", ...args, join(scratch, "signed")), /Verified OK/);
  });

  test("is refused under AMD's roots and under another simulated root", async () => {
    const report = await createGuest(pki, documents).report(reportData);
    await assert.rejects(verify(report, amdRoots()), codeIs("EVIDENCE_ROOT_UNTRUSTED"));
    await assert.rejects(verify(report, simulatedRoot(new Uint8Array(32).fill(7))), codeIs("EVIDENCE_ROOT_UNTRUSTED"));
  });

  test("is refused when a signed byte changes", async () => {
    const report = await createGuest(pki, documents).report(reportData);
    for (const offset of [0x50, 0x90, 0xc0, 0x140]) {
      const tampered = report.slice();
      tampered[offset] = (tampered[offset] ?? 0) ^ 1;
      await assert.rejects(verify(tampered), codeIs("EVIDENCE_SIGNATURE"));
    }
  });

  test("names its own guest: HOST_DATA by document, REPORT_ID by launch and constant over its life", async () => {
    const one = createGuest(pki, documents);
    const other = createGuest(pki, { ...documents, policyDocument: new TextEncoder().encode('{"role":"provider"}') });
    const data = await reportDataOf(new TextEncoder().encode("{}"));
    const [a, b, c] = (await Promise.all([one.report(data), one.report(reportData), other.report(data)])).map(
      parseReport,
    );
    assert.deepEqual(a?.hostData, b?.hostData);
    assert.deepEqual(a?.reportId, b?.reportId);
    assert.notDeepEqual(a?.hostData, c?.hostData);
    assert.notDeepEqual(a?.reportId, c?.reportId);
    assert.deepEqual(a?.measurement, c?.measurement);
  });
});
