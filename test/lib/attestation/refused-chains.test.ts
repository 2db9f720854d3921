// One thing wrong at a time, in a chain and a report that are signed again: the signatures hold, and still it is refused.
import { createHash, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { type AttestationCode, simulatedRoot, verifyReport } from "#attestation";
import {
  der,
  type FakeCertificate,
  type FakeChanges,
  fakeEvidence,
  fakeNow,
  fakeRoots,
  vcekExtensions,
} from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";

const options = { roots: fakeRoots, now: fakeNow, revocation: { unchecked: "not of this test" } };
const AMD = "1.3.6.1.4.1.3704.1";
const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

/** The VCEK with one extension's value replaced. */
const withExtension = (oid: string, value: Uint8Array) => (certificate: FakeCertificate) => ({
  ...certificate,
  extensions: vcekExtensions.map((extension) => (extension.oid === oid ? { ...extension, value } : extension)),
});

/** The same P-384 key with its point compressed, which OpenSSL reads and browsers do not. */
function compressed(spki: Uint8Array): Uint8Array {
  const [x, y] = [spki.slice(24, 72), spki.slice(72)];
  return der(0x30, spki.slice(2, 20), der(0x03, Uint8Array.from([0, (y[47] ?? 0) % 2 === 0 ? 2 : 3, ...x])));
}

const refusals: readonly [string, AttestationCode, FakeChanges][] = [
  [
    "a wrapped hwID of Turin's length",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: withExtension(`${AMD}.4`, der(0x04, new Uint8Array(8).fill(0xc0))) },
  ],
  ["a compressed point", "EVIDENCE_CERTIFICATE_KEY", { vcek: (one) => ({ ...one, spki: compressed(one.spki) }) }],
  [
    "an ARK that is no CA",
    "EVIDENCE_CHAIN_INVALID",
    {
      ark: (one) => ({
        ...one,
        extensions: one.extensions.map((extension) =>
          extension.oid === "2.5.29.19" ? { ...extension, value: hex("3000") } : extension,
        ),
      }),
    },
  ],
  [
    "the CSP of a VLEK in a VCEK",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    {
      vcek: (one) => ({
        ...one,
        extensions: [...one.extensions, { oid: `${AMD}.5`, value: der(0x16, Buffer.from("CN=cc-test.amazonaws.com")) }],
      }),
    },
  ],
  [
    "a signature although MASK_CHIP_KEY is set",
    "EVIDENCE_UNSIGNED",
    { report: (_, view) => view.setUint32(0x48, 0b00010, true) },
  ],
  [
    "a signature although there is no signing key",
    "EVIDENCE_UNSIGNED",
    { report: (_, view) => view.setUint32(0x48, 0b11100, true) },
  ],
  [
    "a VLEK as signer, beside a VCEK",
    "EVIDENCE_SIGNING_KEY_MISMATCH",
    { report: (_, view) => view.setUint32(0x48, 0b00100, true) },
  ],
  ["a reserved byte of LAUNCH_TCB", "REPORT_MALFORMED", { report: (report) => report.fill(1, 0x1f2, 0x1f3) }],
  [
    "a VCEK of a product whose name begins as Milan",
    "EVIDENCE_PRODUCT_MISMATCH",
    { vcek: withExtension(`${AMD}.2`, der(0x16, Buffer.from("MilanX-B0"))) },
  ],
  [
    "a VCEK of Genoa under Milan's ASK",
    "EVIDENCE_PRODUCT_MISMATCH",
    { vcek: withExtension(`${AMD}.2`, der(0x16, Buffer.from("Genoa"))) },
  ],
  [
    "a product name of another type",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: withExtension(`${AMD}.2`, der(0x0c, Buffer.from("Milan-B0"))) },
  ],
  ["structVersion of Turin", "EVIDENCE_CERTIFICATE_EXTENSION", { vcek: withExtension(`${AMD}.1`, hex("020101")) }],
  [
    "a reserved SPL that is not zero",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: withExtension(`${AMD}.3.5`, hex("020101")) },
  ],
  [
    "an SPL that is not minimal",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: withExtension(`${AMD}.3.3`, hex("02020018")) },
  ],
  [
    "an SPL above 255 whose last byte fits",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: withExtension(`${AMD}.3.3`, hex("02020118")) },
  ],
  ["bytes behind an SPL", "EVIDENCE_CERTIFICATE_EXTENSION", { vcek: withExtension(`${AMD}.3.3`, hex("02011800")) }],
  ["an empty SPL", "EVIDENCE_CERTIFICATE_EXTENSION", { vcek: withExtension(`${AMD}.3.3`, hex("")) }],
  [
    "a hwID of 63 bytes",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: withExtension(`${AMD}.4`, new Uint8Array(63).fill(0xc0)) },
  ],
  [
    "a hwID of 66 bytes that wraps nothing",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: withExtension(`${AMD}.4`, new Uint8Array(66).fill(0xc0)) },
  ],
  [
    "an extension twice",
    "CERTIFICATE_MALFORMED",
    { vcek: (one) => ({ ...one, extensions: [...one.extensions, ...one.extensions.slice(-1)] }) },
  ],
  [
    "a foreign extension",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: (one) => ({ ...one, extensions: [...one.extensions, { oid: "1.2.3", value: hex("0500") }] }) },
  ],
  [
    "an unknown extension of AMD's",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: (one) => ({ ...one, extensions: [...one.extensions, { oid: `${AMD}.3.9`, value: hex("020100") }] }) },
  ],
  [
    "a leaf that says it is a CA",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    {
      vcek: (one) => ({
        ...one,
        extensions: [...one.extensions, { oid: "2.5.29.19", critical: true, value: hex("30030101ff") }],
      }),
    },
  ],
  [
    "a critical extension of AMD's",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: (one) => ({ ...one, extensions: one.extensions.map((extension) => ({ ...extension, critical: true })) }) },
  ],
  [
    "a salt of 32 bytes",
    "EVIDENCE_CERTIFICATE_ALGORITHM",
    {
      vcek: (one) => ({
        ...one,
        algorithm: one.algorithm.map((byte, at, all) => (at === all.length - 1 ? 0x20 : byte)),
      }),
    },
  ],
  [
    "an ASK without path length",
    "EVIDENCE_CHAIN_INVALID",
    {
      ask: (one) => ({
        ...one,
        extensions: one.extensions.map((extension) =>
          extension.oid === "2.5.29.19" ? { ...extension, value: hex("30030101ff") } : extension,
        ),
      }),
    },
  ],
  [
    "an ASK that may not sign certificates",
    "EVIDENCE_CHAIN_INVALID",
    {
      ask: (one) => ({
        ...one,
        extensions: one.extensions.map((extension) =>
          extension.oid === "2.5.29.15" ? { ...extension, value: hex("03020102") } : extension,
        ),
      }),
    },
  ],
  [
    "an ASK whose constraints are not critical",
    "EVIDENCE_CHAIN_INVALID",
    { ask: (one) => ({ ...one, extensions: one.extensions.map(({ oid, value }) => ({ oid, value })) }) },
  ],
  [
    "an ASK with an unknown critical extension",
    "EVIDENCE_CHAIN_INVALID",
    {
      ask: (one) => ({
        ...one,
        extensions: [...one.extensions, { oid: "2.5.29.30", critical: true, value: hex("3000") }],
      }),
    },
  ],
  ["an ASK with another issuer name", "EVIDENCE_CHAIN_INVALID", { ask: (one) => ({ ...one, issuer: "ARK-Genoa" }) }],
  ["an ARK that another issued", "EVIDENCE_CHAIN_INVALID", { ark: (one) => ({ ...one, issuer: "ARK-Genoa" }) }],
  ["a VCEK with another issuer name", "EVIDENCE_CHAIN_INVALID", { vcek: (one) => ({ ...one, issuer: "ARK-Milan" }) }],
  [
    "an ASK of Genoa under the ARK of Milan",
    "EVIDENCE_PRODUCT_MISMATCH",
    { ask: (one) => ({ ...one, subject: "SEV-Genoa" }) },
  ],
  [
    "a subject of another organisation",
    "EVIDENCE_CERTIFICATE_NAME",
    { vcek: (one) => ({ ...one, organisation: "Advanced Micro Devices Inc" }) },
  ],
  [
    "a VLEK in the place of the VCEK",
    "EVIDENCE_SIGNING_KEY_MISMATCH",
    { vcek: (one) => ({ ...one, subject: "SEV-VLEK" }) },
  ],
  [
    "an ASVK in the place of the ASK",
    "EVIDENCE_SIGNING_KEY_MISMATCH",
    { ask: (one) => ({ ...one, subject: "SEV-VLEK-Milan" }) },
  ],
  [
    "a point off the curve",
    "EVIDENCE_CERTIFICATE_KEY",
    { vcek: (one) => ({ ...one, spki: one.spki.map((byte, at) => (at === 119 ? byte ^ 1 : byte)) }) },
  ],
  [
    "an RSA key whose modulus begins with a zero bit",
    "EVIDENCE_CERTIFICATE_KEY",
    { ask: (one) => ({ ...one, spki: one.spki.map((byte, at) => (at === 33 ? 0x7f : byte)) }) },
  ],
];

for (const [what, code, changes] of refusals) {
  test(`refuses ${what}`, async () => {
    const evidence = await fakeEvidence(changes);
    await assertRefused(() => verifyReport(evidence, options), code);
  });
}

for (const [component, offset] of [
  ["bootLoader", 0],
  ["tee", 1],
  ["snp", 6],
  ["microcode", 7],
] as const) {
  for (const change of [1, 0xff]) {
    test(`refuses ${component} ${change === 1 ? "above" : "below"} that of the certificate`, async () => {
      const evidence = await fakeEvidence({
        report: (report) => report.fill((report[0x180 + offset] ?? 0) + change, 0x180 + offset, 0x181 + offset),
      });
      await assertRefused(() => verifyReport(evidence, options), "EVIDENCE_TCB_MISMATCH", {
        field: `reportedTcb.${component}`,
      });
    });
  }
}

test("refuses a pinned root whose key is shorter than AMD's", async () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const spki = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }));
  const roots = simulatedRoot(createHash("sha256").update(spki).digest());
  const evidence = await fakeEvidence({ ark: (one) => ({ ...one, spki }) });
  await assertRefused(() => verifyReport(evidence, { ...options, roots }), "EVIDENCE_CERTIFICATE_KEY", {
    field: "ARK",
  });
});
