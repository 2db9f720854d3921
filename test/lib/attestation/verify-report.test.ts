import assert from "node:assert/strict";
import { test } from "node:test";
import { amdRoots, simulatedRoot, spkiSha256, verifyReport } from "#attestation";
import { type FakeCertificate, fakeEvidence, fakeNow, fakeRoots } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";

const options = { roots: fakeRoots, now: fakeNow, revocation: { unchecked: "not of this test" } };

/** The same bytes as a view with other bytes before and behind it. */
function inside(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 24).fill(0xaa);
  larger.set(bytes, 7);
  return larger.subarray(7, 7 + bytes.length);
}

const expired = (certificate: FakeCertificate) => ({ ...certificate, notAfter: "260101000000Z" });

test("verifies a report of a simulated processor and says what it did not check", async () => {
  const verified = await verifyReport(await fakeEvidence(), options);
  assert.equal(verified.hardwareRoot, "simulated");
  assert.equal(verified.product, "Milan");
  assert.deepEqual(verified.tcb.reported, { bootLoader: 4, tee: 0, snp: 24, microcode: 219 });
  assert.deepEqual(verified.notChecked, ["revocation: not of this test"]);
});

test("takes the three certificates in any order", async () => {
  const { report, certificates } = await fakeEvidence();
  const verified = await verifyReport({ report, certificates: certificates.toReversed() }, options);
  assert.equal(verified.certificates.leaf.commonName, "SEV-VCEK");
});

test("judges the bytes as they were when it was called", async () => {
  const evidence = await fakeEvidence();
  const pin = fakeRoots.kind === "simulated" ? Uint8Array.from(fakeRoots.arkSpkiSha256) : assert.fail("no pin");
  const now = new Date(fakeNow);
  const call = verifyReport(evidence, {
    roots: { kind: "simulated", arkSpkiSha256: pin },
    now,
    revocation: { unchecked: "not of this test" },
  });
  for (const bytes of [evidence.report, ...evidence.certificates, pin]) bytes.fill(0);
  now.setTime(0);
  const verified = await call;
  assert.deepEqual(verified.report.measurement, new Uint8Array(48).fill(0x22));
});

test("reads views into larger buffers", async () => {
  const { report, certificates } = await fakeEvidence();
  const plain = await verifyReport({ report, certificates }, options);
  const viewed = await verifyReport({ report: inside(report), certificates: certificates.map(inside) }, options);
  assert.deepEqual(viewed, plain);
  const pooled = await verifyReport(
    { report: Buffer.from(report), certificates: certificates.map((one) => Buffer.from(one)) },
    options,
  );
  assert.deepEqual(pooled, plain);
});

test("verifies signatures whose integers begin with zero bytes", async () => {
  let short = 0;
  for (let guestSvn = 0; short < 4; guestSvn += 1) {
    const evidence = await fakeEvidence({ report: (_, view) => view.setUint32(0x04, guestSvn, true) });
    // Little-endian: the last of 48 bytes is the most significant.
    if (evidence.report[0x2a0 + 47] !== 0 && evidence.report[0x2e8 + 47] !== 0) continue;
    short += 1;
    assert.equal((await verifyReport(evidence, options)).report.guestSvn, guestSvn);
  }
});

test("refuses the same evidence under AMD's roots and under another simulated root", async () => {
  const evidence = await fakeEvidence();
  await assertRefused(() => verifyReport(evidence, { ...options, roots: amdRoots() }), "EVIDENCE_ROOT_UNTRUSTED");
  const other = simulatedRoot(new Uint8Array(32).fill(1));
  await assertRefused(() => verifyReport(evidence, { ...options, roots: other }), "EVIDENCE_ROOT_UNTRUSTED");
});

test("refuses a pin that is not 32 bytes", async () => {
  for (const length of [0, 31, 33])
    await assertRefused(() => simulatedRoot(new Uint8Array(length)), "REFERENCE_VALUES_INCOMPLETE");
});

test("holds certificates valid to the very second, and no longer", async () => {
  const evidence = await fakeEvidence();
  const at = (now: string) => verifyReport(evidence, { ...options, now: new Date(now) });
  await at("2032-01-01T00:00:00Z");
  await assertRefused(() => at("2032-01-01T00:00:01Z"), "EVIDENCE_CERTIFICATE_EXPIRED");
  await at("2025-01-01T00:00:00Z");
  await assertRefused(() => at("2024-12-31T23:59:59Z"), "EVIDENCE_CERTIFICATE_NOT_YET_VALID");
  await assertRefused(() => at("never"), "EVIDENCE_CERTIFICATE_NOT_YET_VALID");
});

test("checks the time of the ASK and of the ARK too", async () => {
  for (const changes of [{ ask: expired }, { ark: expired }]) {
    await assertRefused(async () => verifyReport(await fakeEvidence(changes), options), "EVIDENCE_CERTIFICATE_EXPIRED");
  }
});

test("accepts a masked chip id only for a reason, and shows it", async () => {
  const evidence = await fakeEvidence({ report: (report) => report.fill(0, 0x1a0, 0x1e0) });
  await assertRefused(() => verifyReport(evidence, options), "EVIDENCE_CHIP_ID_MASKED");
  await assertRefused(
    () => verifyReport(evidence, { ...options, acceptMaskedChipId: { reason: "" } }),
    "EVIDENCE_CHIP_ID_MASKED",
  );
  const verified = await verifyReport(evidence, { ...options, acceptMaskedChipId: { reason: "the host masks it" } });
  assert.ok(verified.notChecked.includes("chipId: the host masks it"));
});

test("refuses a chain that lacks its leaf, its intermediate or its root", async () => {
  const { report, certificates } = await fakeEvidence();
  const [leaf, intermediate, root] = certificates;
  assert.ok(leaf && intermediate && root);
  for (const others of [
    [],
    [leaf],
    [leaf, intermediate],
    [leaf, leaf, root],
    [leaf, intermediate, intermediate],
    [intermediate, root],
  ]) {
    await assertRefused(() => verifyReport({ report, certificates: others }, options), "EVIDENCE_CHAIN_INCOMPLETE");
  }
});

test("identifies evidence by what is signed, because the signature can be rewritten", async () => {
  const order = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;
  const { report, certificates } = await fakeEvidence();
  const s = BigInt(`0x${Buffer.from(report.slice(0x2e8, 0x2e8 + 48).toReversed()).toString("hex")}`);
  const rewritten = Uint8Array.from(report);
  rewritten.set(Buffer.from((order - s).toString(16).padStart(96, "0"), "hex").toReversed(), 0x2e8);
  const [before, after] = [
    await verifyReport({ report, certificates }, options),
    await verifyReport({ report: rewritten, certificates }, options),
  ];
  assert.notDeepEqual(rewritten, report);
  assert.deepEqual(after.signedSha256, before.signedSha256);
});

test("gives the pin of a root from its certificate", async () => {
  const { certificates } = await fakeEvidence();
  const pin = await spkiSha256(certificates[2] ?? new Uint8Array());
  assert.deepEqual(simulatedRoot(pin), fakeRoots);
});

test("a version 2 report takes its product from the chain and says so", async () => {
  const evidence = await fakeEvidence({
    report: (report, view) => {
      view.setUint32(0, 2, true);
      report.fill(0, 0x188, 0x18b);
    },
  });
  const verified = await verifyReport(evidence, options);
  assert.equal(verified.product, "Milan");
  assert.ok(verified.notChecked.some((text) => text.startsWith("product:")));
});
