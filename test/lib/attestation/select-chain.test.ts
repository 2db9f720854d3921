// Which of many certificates make the chain. Choosing decides nothing: what was chosen is verified in full.
import assert from "node:assert/strict";
import { test } from "node:test";
import { amdRoots, verifyReport } from "#attestation";
import { der, type FakeCertificate, fakeEvidence, fakeOptions, vcekExtensions } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";
import { certificateOf, fileOf, index, skip } from "./vectors.ts";

const AMD = "1.3.6.1.4.1.3704.1";
const unchecked = { unchecked: "not of this test" };

/** The VCEK of another TCB: its microcode is one below. */
const ofOtherTcb = (one: FakeCertificate): FakeCertificate => ({
  ...one,
  extensions: vcekExtensions.map((extension) =>
    extension.oid === `${AMD}.3.8` ? { ...extension, value: Uint8Array.of(2, 2, 0, 218) } : extension,
  ),
});
const leafOf = async (vcek: (one: FakeCertificate) => FakeCertificate) =>
  (await fakeEvidence({ vcek })).certificates[0] ?? assert.fail("no leaf");

test("of two leaves takes the one that was issued for the report's TCB, in any order", async () => {
  const { report, certificates } = await fakeEvidence();
  const other = await leafOf(ofOtherTcb);
  for (const all of [
    [other, ...certificates],
    [...certificates, other],
  ]) {
    await verifyReport({ report, certificates: all }, fakeOptions);
  }
});

test("of two leaves of one TCB takes the one that is valid now", async () => {
  const { report, certificates } = await fakeEvidence();
  const expired = await leafOf((one) => ({ ...one, notAfter: "260101000000Z" }));
  const { certificates: seen } = await verifyReport({ report, certificates: [expired, ...certificates] }, fakeOptions);
  assert.ok(seen.leaf.notAfter > fakeOptions.now);
});

test("a leaf that does not suit is refused for what is wrong with it when there is no other", async () => {
  const { report, certificates } = await fakeEvidence({ vcek: ofOtherTcb });
  await assertRefused(() => verifyReport({ report, certificates }, fakeOptions), "EVIDENCE_TCB_MISMATCH");
});

test(
  "takes the intermediate whose key signed the leaf, although a revoked one has the same name",
  { skip },
  async () => {
    const { name, files, verifyAt } =
      index.vectors.find((one) => one.name === "genoa-v2-vcek-google-oak-host-01") ?? assert.fail("no vector");
    const [leaf, ask, ark] = [files.vek, files.intermediate, files.ark].map((file) => certificateOf(`${name}/${file}`));
    assert.ok(leaf && ask && ark);
    const certificates = [certificateOf("crl/sev-genoa-020001-revoked.der"), ask, ark, leaf];
    const verified = await verifyReport(
      { report: fileOf(`${name}/${files.report}`), certificates },
      { roots: amdRoots(), now: new Date(verifyAt), revocation: unchecked },
    );
    assert.equal(verified.certificates.intermediate.serialNumber, "020002");
  },
);

for (const { name, files, verifyAt, product } of index.vectors) {
  test(`completes the chain of ${name} from its leaf alone`, { skip }, async () => {
    const evidence = {
      report: fileOf(`${name}/${files.report}`),
      certificates: [certificateOf(`${name}/${files.vek}`)],
    };
    const now = new Date(verifyAt);
    const verified = await verifyReport(evidence, { roots: amdRoots(), now, revocation: unchecked });
    assert.equal(verified.product, product);
  });
}

test("completes no simulated chain", async () => {
  const { report, certificates } = await fakeEvidence();
  await assertRefused(
    () => verifyReport({ report, certificates: certificates.slice(0, 1) }, fakeOptions),
    "EVIDENCE_CHAIN_INCOMPLETE",
    { field: "number of certificates of the ASK" },
  );
});

test("an ARK that came with the evidence is compared with its pin and never trusted", { skip }, async () => {
  const { name, files, verifyAt } =
    index.vectors.find((one) => one.name === "milan-v3-vcek-azure-caci-01") ?? assert.fail("no vector");
  const certificates = [
    certificateOf(`${name}/${files.vek}`),
    certificateOf(`${name}/${files.intermediate}`),
    certificateOf("synthetic/ca/milan-ark.der"),
  ];
  const evidence = { report: fileOf(`${name}/${files.report}`), certificates };
  await assertRefused(
    () => verifyReport(evidence, { roots: amdRoots(), now: new Date(verifyAt), revocation: unchecked }),
    "EVIDENCE_ROOT_UNTRUSTED",
  );
});

test("the same certificate many times is one certificate", async () => {
  const { report, certificates } = await fakeEvidence();
  await verifyReport({ report, certificates: [...certificates, ...certificates, ...certificates] }, fakeOptions);
});

test("more certificates than any host hands out are refused before one is tried", async () => {
  const { report, certificates } = await fakeEvidence();
  const many = Array.from({ length: 11 }, () => certificates).flat();
  await assertRefused(() => verifyReport({ report, certificates: many }, fakeOptions), "EVIDENCE_CHAIN_INCOMPLETE", {
    expected: "at most 32",
  });
});

/** crlDistributionPoints with one full name. */
const publishedAt = (url: string) => ({
  oid: "2.5.29.31",
  value: der(0x30, der(0x30, der(0xa0, der(0xa0, der(0x86, Buffer.from(url)))))),
});
const withPoint = (url: string) => (one: FakeCertificate) => ({
  ...one,
  extensions: [...one.extensions, publishedAt(url)],
});

test("authorities may say where their CRL is published: at AMD's address of their product", async () => {
  const here = withPoint("https://kdsintf.amd.com/vcek/v1/Milan/crl");
  await verifyReport(await fakeEvidence({ ark: here, ask: here }), fakeOptions);
});

for (const [what, url] of [
  ["of another host", "https://example.com/vcek/v1/Milan/crl"],
  ["of another product", "https://kdsintf.amd.com/vcek/v1/Genoa/crl"],
  ["of the other kind of leaf", "https://kdsintf.amd.com/vlek/v1/Milan/crl"],
] as const) {
  for (const role of ["ark", "ask"] as const) {
    test(`an ${role.toUpperCase()} whose CRL is published at the address ${what} is refused`, async () => {
      const evidence = await fakeEvidence({ [role]: withPoint(url) });
      await assertRefused(() => verifyReport(evidence, fakeOptions), "EVIDENCE_CHAIN_INVALID");
    });
  }
}
