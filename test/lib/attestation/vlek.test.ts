// Reports signed by a VLEK: a key that AMD issues to a cloud provider, for a TCB and for no chip.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AttestationCode, verifyReport } from "#attestation";
import {
  der,
  type FakeCertificate,
  type FakeChanges,
  fakeEvidence,
  fakeOptions,
  vcekExtensions,
} from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";

const AMD = "1.3.6.1.4.1.3704.1";
const CSP = "CN=cc-us-east-2.amazonaws.com";
const cspId = { oid: `${AMD}.5`, value: der(0x16, Buffer.from(CSP)) };
const hwId = vcekExtensions.find(({ oid }) => oid === `${AMD}.4`) ?? assert.fail("no hwID");
const withoutChip = vcekExtensions.filter(({ oid }) => oid !== `${AMD}.4`);

const asvk = (one: FakeCertificate): FakeCertificate => ({ ...one, subject: "SEV-VLEK-Milan" });
const vlek = (one: FakeCertificate): FakeCertificate => ({
  ...one,
  subject: "SEV-VLEK",
  issuer: "SEV-VLEK-Milan",
  extensions: [...withoutChip, cspId],
});
const report = (bytes: Uint8Array, view: DataView): void => {
  view.setUint32(0x48, 0b00100, true);
  bytes.fill(0, 0x1a0, 0x1e0);
};
const good: FakeChanges = { ask: asvk, vcek: vlek, report };

test("a report of a VLEK is genuine, names its cloud provider, and says that no chip was compared", async () => {
  const { signer, cspId: seen, notChecked, certificates } = await verifyReport(await fakeEvidence(good), fakeOptions);
  assert.deepEqual([signer, seen, certificates.leaf.commonName], ["vlek", CSP, "SEV-VLEK"]);
  assert.ok(notChecked.includes("chipId: a VLEK is of a cloud provider and not of a chip"));
});

test("a VCEK names no cloud provider", async () => {
  assert.equal((await verifyReport(await fakeEvidence(), fakeOptions)).cspId, null);
});

const refused: readonly [string, AttestationCode, FakeChanges][] = [
  [
    "that also names a chip",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: (one) => ({ ...vlek(one), extensions: [...withoutChip, cspId, hwId] }) },
  ],
  [
    "without a cloud provider",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    { vcek: (one) => ({ ...vlek(one), extensions: withoutChip }) },
  ],
  [
    "whose cloud provider is no IA5String",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    {
      vcek: (one) => ({ ...vlek(one), extensions: [...withoutChip, { ...cspId, value: der(0x0c, Buffer.from(CSP)) }] }),
    },
  ],
  [
    "whose cloud provider hides a line break",
    "EVIDENCE_CERTIFICATE_EXTENSION",
    {
      vcek: (one) => ({
        ...vlek(one),
        extensions: [...withoutChip, { ...cspId, value: der(0x16, Buffer.from("CN=a\n")) }],
      }),
    },
  ],
  ["under an ASK", "EVIDENCE_SIGNING_KEY_MISMATCH", { ask: (one) => one }],
  ["for a report that says VCEK", "EVIDENCE_SIGNING_KEY_MISMATCH", { report: (bytes) => bytes.fill(0, 0x1a0, 0x1e0) }],
  [
    "of another TCB",
    "EVIDENCE_TCB_MISMATCH",
    {
      report: (bytes, view) => {
        report(bytes, view);
        view.setUint8(0x186, 23);
      },
    },
  ],
  [
    "with the name of a VCEK's issuer",
    "EVIDENCE_CHAIN_INVALID",
    { vcek: (one) => ({ ...vlek(one), issuer: "SEV-Milan" }) },
  ],
];
for (const [what, code, changes] of refused) {
  test(`refuses a VLEK ${what}`, async () => {
    const evidence = await fakeEvidence({ ...good, ...changes });
    await assertRefused(() => verifyReport(evidence, fakeOptions), code);
  });
}

test("a VCEK for a report that says VLEK is refused", async () => {
  const evidence = await fakeEvidence({ report });
  await assertRefused(() => verifyReport(evidence, fakeOptions), "EVIDENCE_SIGNING_KEY_MISMATCH");
});
