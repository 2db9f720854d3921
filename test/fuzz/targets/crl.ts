import { parseCrl } from "#attestation";
import { fakeCrl } from "../../lib/attestation/fake-processor.ts";
import { accepted, type FuzzTarget, hold, same } from "../target.ts";

/** Certificate revocation lists of any bytes. */
export const target: FuzzTarget = {
  waits: false,
  seeds: () => Promise.all([fakeCrl(), fakeCrl({ revoked: ["010001", "010002", "7f"] })]),
  run: (data) => {
    const crl = accepted(() => parseCrl(data));
    if (crl === null) return;
    const parts = crl.tbsCertList.length + crl.signatureAlgorithm.length + crl.signatureValue.length;
    // Beside the three parts: two heads, and the count of unused bits.
    hold(same(crl.der, data) && crl.der.length - parts <= 9, "a list is its three parts and nothing else");
    hold(Number.isFinite(crl.thisUpdate) && Number.isFinite(crl.nextUpdate), "a list has its period");
    for (const serial of crl.revoked.keys()) {
      hold(Buffer.from(crl.tbsCertList).includes(Buffer.from(serial, "hex")), "a revoked serial number is in the list");
    }
  },
};
