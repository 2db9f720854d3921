import { parseCertificate } from "#attestation";
import {
  checkP384Key,
  checkRsaKey,
  checkSignatureAlgorithm,
} from "../../../services/lib/attestation/certificates/public-key.ts";
import { leafFacts, leafProductName } from "../../../services/lib/attestation/certificates/leaf.ts";
import { roleOf } from "../../../services/lib/attestation/certificates/roles.ts";
import { productNames } from "../../../services/lib/attestation/report/product.ts";
import { fakeEvidence } from "../../lib/attestation/fake-processor.ts";
import { accepted, type FuzzTarget, hold, same } from "../target.ts";

/** Certificates of any bytes, and everything that is read from one before its signature is known to hold. */
export const target: FuzzTarget = {
  waits: false,
  seeds: async () => (await fakeEvidence()).certificates,
  run: (data) => {
    const before = Uint8Array.from(data);
    const certificate = accepted(() => parseCertificate(data));
    hold(same(before, data), "parsing leaves its input alone");
    if (certificate === null) return;
    const { der, tbsCertificate, signatureAlgorithm, signatureValue } = certificate;
    const parts = tbsCertificate.length + signatureAlgorithm.length + signatureValue.length;
    // Beside the three parts: two heads, and the count of unused bits.
    hold(same(der, data) && der.length - parts <= 9, "a certificate is its three parts and nothing else");
    accepted(() => roleOf(certificate));
    accepted(() => checkRsaKey(certificate, "CA"));
    accepted(() => checkP384Key(certificate, "leaf"));
    accepted(() => checkSignatureAlgorithm(certificate, "leaf"));
    const name = accepted(() => leafProductName(certificate));
    for (const product of productNames) {
      for (const signer of ["vcek", "vlek"] as const) {
        const facts = accepted(() => leafFacts(certificate, product, signer));
        if (facts === null) continue;
        hold(name === product, "a leaf has facts for the product that it names only");
        hold((facts.hwId === null) === (signer === "vlek"), "a chip is of a VCEK");
        hold(
          [...facts.tcb.values()].every((part) => part >= 0 && part <= 255),
          "a part of a TCB is one byte",
        );
      }
    }
  },
};
