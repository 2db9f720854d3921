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
    if (uvm === null) return;
    const known = endorsed.map(({ facts }) => facts.launchMeasurement);
    hold(known.includes(Buffer.from(uvm.launchMeasurement).toString("hex")), "only what Microsoft signed is accepted");
  },
};
