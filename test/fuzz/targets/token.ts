import { verifyMaaToken } from "#attestation";
import { options, timely, tokenOf } from "../../lib/attestation/azure/fake-maa.ts";
import { acceptedLater, type FuzzTarget, hold } from "../target.ts";

const genuine = await tokenOf(timely({ "x-ms-attestation-type": "sevsnpvm" }));

/** Tokens of any text. */
export const target: FuzzTarget = {
  waits: true,
  seeds: () => [Buffer.from(genuine)],
  run: async (data) => {
    const text = Buffer.from(data).toString("latin1");
    const token = await acceptedLater(() => verifyMaaToken(text, options));
    hold(token === null || text === genuine, "only what the authority signed is accepted");
  },
};
