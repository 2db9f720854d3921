import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  amdRoots,
  AttestationError,
  certificatesFrom,
  checkHclBinding,
  parseHclReport,
  verifyReport,
  verifyTpmQuote,
} from "#attestation";
import { assertRefused } from "../refusal.ts";
import { skip } from "../vectors.ts";
import { azureFile } from "./vectors.ts";

interface Cvm {
  readonly evidence: { readonly tpmQuote: string; readonly hclReport: string };
  readonly nonce: string;
  readonly platformCertificates: string;
}
const cvm = (): Cvm =>
  JSON.parse(Buffer.from(azureFile("evidence/cvm-1-encryption/attestation.json")).toString("utf8")).report.snpCvm;
const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));
const hclOf = () => parseHclReport(bytes(cvm().evidence.hclReport));
const verifyHcl = async () => {
  const certificates = certificatesFrom(Buffer.from(cvm().platformCertificates));
  const options = {
    roots: amdRoots(),
    now: new Date("2026-03-01T00:00:00Z"),
    revocation: { unchecked: "not of this test" },
  };
  return verifyReport({ report: hclOf().report, certificates }, options);
};

test(
  "a real confidential VM: the report is genuine, over the paravisor's document, and the quote is over the nonce",
  { skip },
  async () => {
    await checkHclBinding(await verifyHcl(), hclOf());
    await verifyTpmQuote(bytes(cvm().evidence.tpmQuote), hclOf(), bytes(cvm().nonce));
  },
);

test("a document of another digest than REPORT_DATA is refused", { skip }, async () => {
  const { runtimeData, ...rest } = hclOf();
  const changed = Uint8Array.from(runtimeData);
  changed[20] = (changed[20] ?? 0) ^ 1;
  const verified = await verifyHcl();
  await assertRefused(() => checkHclBinding(verified, { ...rest, runtimeData: changed }), "EVIDENCE_REPORT_DATA");
});

test("a quote over another nonce, as an old one is, is refused", { skip }, () =>
  assertRefused(() => verifyTpmQuote(bytes(cvm().evidence.tpmQuote), hclOf(), new Uint8Array(32)), "EVIDENCE_NONCE"),
);

test("a quote whose nonce was exchanged is refused for its signature", { skip }, async () => {
  const quote = bytes(cvm().evidence.tpmQuote);
  const at = Buffer.from(quote).indexOf(Buffer.from(bytes(cvm().nonce)));
  quote[at] = (quote[at] ?? 0) ^ 1;
  await assertRefused(() => verifyTpmQuote(quote, hclOf(), quote.slice(at, at + 32)), "QUOTE_SIGNATURE");
});

test("a quote of another TPM is refused", { skip }, async () => {
  const hcl = hclOf();
  const key = await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ["sign", "verify"],
  );
  const { n = "", e = "" } = await crypto.subtle.exportKey("jwk", key.publicKey);
  const other = { ...hcl, attestationKey: { n, e } };
  await assertRefused(
    () => verifyTpmQuote(bytes(cvm().evidence.tpmQuote), other, bytes(cvm().nonce)),
    "QUOTE_SIGNATURE",
  );
  const none = { ...hcl, attestationKey: { n: "", e: "" } };
  await assertRefused(
    () => verifyTpmQuote(bytes(cvm().evidence.tpmQuote), none, bytes(cvm().nonce)),
    "QUOTE_SIGNATURE",
  );
});

const changedAt = (offset: number, value: number) => {
  const hcl = bytes(cvm().evidence.hclReport);
  hcl[offset] = value;
  return hcl;
};
const refused: readonly [string, () => Uint8Array][] = [
  ["that does not begin with HCLA", () => changedAt(0, 0)],
  ["of another technology", () => changedAt(0x4c0 + 8, 4)],
  ["with another hash", () => changedAt(0x4c0 + 12, 2)],
  ["whose document is longer than it", () => changedAt(0x4c0 + 18, 1)],
  ["that ends before its document", () => bytes(cvm().evidence.hclReport).slice(0, 0x4d3)],
  ["whose document is cut", () => changedAt(0x4c0 + 16, 7)],
];
for (const [what, make] of refused) {
  test(`an HCL report ${what} is refused`, { skip }, () =>
    assertRefused(() => parseHclReport(make()), "HCL_REPORT_MALFORMED"),
  );
}

test("a document without the TPM's key, or with two, is refused", { skip }, async () => {
  const hcl = Buffer.from(bytes(cvm().evidence.hclReport));
  const without = Buffer.from(hcl);
  without.write("HCLXk", without.indexOf("HCLAk"));
  await assertRefused(() => parseHclReport(without), "HCL_REPORT_MALFORMED");
  const twice = Buffer.from(hcl);
  twice.write("HCLAk", twice.indexOf("HCLEk"));
  await assertRefused(() => parseHclReport(twice), "HCL_REPORT_MALFORMED");
});

test("no change of one byte of a quote is accepted", { skip }, async () => {
  const quote = bytes(cvm().evidence.tpmQuote);
  await fc.assert(
    fc.asyncProperty(fc.nat(quote.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const changed = Uint8Array.from(quote);
      changed[at] = (changed[at] ?? 0) ^ mask;
      await assert.rejects(verifyTpmQuote(changed, hclOf(), bytes(cvm().nonce)), AttestationError);
    }),
    { numRuns: 300, seed: 7 },
  );
});
