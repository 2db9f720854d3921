// Every machine that can be simulated, before the verifier of production.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import {
  amdRoots,
  parseCertificate,
  type Product,
  type RevocationPolicy,
  simulatedRoot,
  strictPolicy,
  validateReport,
  verifyReport,
} from "#attestation";
import { referenceValuesOf } from "#contract";
import { workloadFacts } from "../../../services/launcher/facts.ts";
import { createGuest } from "../../../services/launcher/host/guest.ts";
import { chipKinds, chipNames, reportVersions, signingKeys } from "../../../services/launcher/host/simulated-chip.ts";
import type { SimulatedPki } from "../../../services/launcher/host/simulated-pki.ts";
import { type Machines, openMachines } from "./machines.ts";

const documents = {
  policyDocument: new TextEncoder().encode('{"role":"analytics"}'),
  measurementDocument: new TextEncoder().encode('{"v":1}'),
};
const machines = new Map<Product, Machines>();
before(async () => {
  const products = ["Milan", "Genoa", "Turin"] as const;
  const opened = await Promise.all(products.map(openMachines));
  for (const [index, one] of opened.entries()) machines.set(products[index] ?? "Milan", one);
});
after(() => {
  for (const one of machines.values()) one.close();
});
const machinesOf = (product: Product): Machines => machines.get(product) ?? assert.fail(product);

const evidenceOf = async (pki: SimulatedPki) => {
  const guest = createGuest(pki, documents);
  return { report: await guest.report(new Uint8Array(64).fill(7)), certificates: guest.certificates };
};
const current = (pki: SimulatedPki): RevocationPolicy => ({ crls: [pki.crl()], absent: "refused", stale: "refused" });

for (const chip of chipNames) {
  const { product, cpu, tcb, platformInfo, mitigations, hwIdSize, productName } = chipKinds[chip];
  for (const signer of signingKeys) {
    for (const reportVersion of reportVersions) {
      test(`a ${chip} whose ${signer} signs reports of version ${reportVersion} is genuine under its own root alone`, async () => {
        const pki = await machinesOf(product).place({ chip, signer, reportVersion });
        const evidence = await evidenceOf(pki);
        const options = { now: new Date(), revocation: current(pki) };
        const verified = await verifyReport(evidence, { ...options, roots: simulatedRoot(pki.arkSpkiSha256) });
        const { report } = verified;
        assert.deepEqual([verified.product, verified.signer, report.version], [product, signer, reportVersion]);
        for (const name of ["reported", "committed", "current", "launch"] as const)
          assert.deepEqual(verified.tcb[name], tcb);
        assert.deepEqual(report.cpuid, reportVersion === 2 ? null : cpu);
        assert.equal(report.platformInfo.value, reportVersion === 2 ? platformInfo & ~0x20n : platformInfo);
        assert.equal(report.launchMitVector, reportVersion === 5 ? mitigations : null);
        assert.equal(report.currentMitVector, report.launchMitVector);
        const chipId = new Uint8Array(64);
        if (signer === "vcek") chipId.set(pki.signer().machine.hwId);
        assert.deepEqual(report.chipId, chipId);
        assert.equal(pki.signer().machine.hwId.length, hwIdSize);
        assert.equal(verified.cspId, signer === "vlek" ? "CN=cc-simulated.example" : null);
        assert.equal(verified.productName, signer === "vlek" ? product : productName);
        assert.ok(verified.revocation.checked);
        await assert.rejects(verifyReport(evidence, { ...options, roots: amdRoots() }), {
          code: "EVIDENCE_ROOT_UNTRUSTED",
        });
      });
    }
  }

  test(`the TCB floor that a first start puts into a contract holds for the ${chip} it was taken from`, async () => {
    const place = machinesOf(product).place;
    const findings = async (pki: SimulatedPki) => {
      const facts = workloadFacts(pki.signer().machine, [["woodgrove/analytics", documents]])["woodgrove/analytics"];
      assert.ok(facts !== undefined);
      const verified = await verifyReport(await evidenceOf(pki), {
        roots: simulatedRoot(pki.arkSpkiSha256),
        now: new Date(),
        revocation: { unchecked: "not of this test" },
      });
      const wanted = { ...facts, hardware: [...facts.hardware] };
      return validateReport(verified, strictPolicy(referenceValuesOf(wanted))).map(({ code }) => code);
    };
    assert.deepEqual(await findings(await place({ chip, signer: "vcek", reportVersion: 3 })), []);
    assert.deepEqual(await findings(await place({ chip, signer: "vlek", reportVersion: 5 })), []);
    assert.deepEqual(await findings(await place({ chip, signer: "vcek", reportVersion: 2 })), ["TCB_FLOOR_MISSING"]);
  });
}

const vectors = new URL("../../../../shared/vectors/sev-snp/", import.meta.url);
const skip = existsSync(vectors) ? false : "skipped: ../shared/vectors absent";

const der = (path: string): Uint8Array => {
  const bytes = readFileSync(new URL(path, vectors));
  return path.endsWith(".pem")
    ? Buffer.from(bytes.toString("latin1").replaceAll(/-----[^-]+-----|\s/g, ""), "base64")
    : bytes;
};

/** Key identifiers, security version numbers, the chip and the cloud provider. */
const OWN_VALUE = /^(?:2\.5\.29\.14|2\.5\.29\.35|1\.3\.6\.1\.4\.1\.3704\.1\.(?:3\.[12389]|4|5))$/;

describe("certificates differ from AMD's in keys, dates, TCB and whom they are for alone:", { skip }, () => {
  const cases = [
    ["genoa", "vcek", "genoa-v5-vcek-bare-metal-01/", ["vcek-reissued.der", "ask.der", "ark.der"]],
    ["turin", "vcek", "turin-v5-vcek-azure-caci-01/", ["vcek.pem", "ask.pem", "ark.pem"]],
    ["milan", "vlek", "milan-v5-vlek-aws-01/", ["vlek.der", "asvk.der", "ark.der"]],
  ] as const;
  for (const [chip, signer, folder, names] of cases) {
    test(`those of a ${chip}'s ${signer}`, async () => {
      const pki = await machinesOf(chipKinds[chip].product).place({ chip, signer, reportVersion: 5 });
      const { certificates } = pki.signer();
      for (const [index, name] of names.entries()) {
        const real = parseCertificate(der(folder + name));
        const own = parseCertificate(certificates[index] ?? new Uint8Array());
        assert.deepEqual(own.subject, real.subject);
        assert.deepEqual(own.issuer, real.issuer);
        assert.equal(own.serialNumber, real.serialNumber);
        assert.deepEqual(own.signatureAlgorithm, real.signatureAlgorithm);
        const years = ({ notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number }) =>
          new Date(notAfter).getUTCFullYear() - new Date(notBefore).getUTCFullYear();
        assert.equal(years(own), years(real));
        assert.deepEqual([...own.extensions.keys()], [...real.extensions.keys()]);
        for (const [oid, { critical, value }] of real.extensions) {
          assert.equal(own.extensions.get(oid)?.critical, critical, oid);
          if (!OWN_VALUE.test(oid)) assert.deepEqual(own.extensions.get(oid)?.value, value, oid);
        }
      }
    });
  }
});
