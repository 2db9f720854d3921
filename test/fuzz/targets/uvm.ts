import { microsoftUvm, verifyUvmEndorsement } from "#attestation";
import { endorsed } from "../../lib/attestation/azure/vectors.ts";
import { fileOf } from "../../lib/attestation/vectors.ts";
import { acceptedLater, type FuzzTarget, hold } from "../target.ts";

/** COSE_Sign1 endorsements of any bytes; nobody but Microsoft can sign one. */
export const target: FuzzTarget = {
  waits: true,
  maxLength: 16_384,
  seeds: () => [
    Buffer.from("d28443a10126a0f640", "hex"),
    ...endorsed.map(({ endorsement }) => fileOf(endorsement)).slice(0, 2),
  ],
  run: async (data) => {
    const expected = { issuers: [microsoftUvm.issuer], feed: microsoftUvm.feed, minimumSvn: 0 };
    const uvm = await acceptedLater(() => verifyUvmEndorsement(data, expected));
    // The time stamp beside the signature is not signed; what is accepted otherwise is one of the two that Microsoft signed.
    if (uvm !== null)
      hold(uvm.svn >= 100 && uvm.issuer === microsoftUvm.issuer, "only what Microsoft signed is accepted");
  },
};
