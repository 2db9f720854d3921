import { verifyUvmEndorsement } from "#attestation";
import { fakeEndorsement } from "../../lib/attestation/azure/fake-endorsement.ts";
import { acceptedLater, type FuzzTarget, hold } from "../target.ts";

const { bytes, expected } = fakeEndorsement();
/** Tag, list of four, and the protected header; then the unprotected one, which is empty, and the rest. */
const text = (part: Uint8Array) => Buffer.from(part).toString("latin1");
const [before, behind] = splitAtUnprotected(bytes);

/** An endorsement around its unprotected header: all but that is signed. */
function splitAtUnprotected(message: Uint8Array): readonly [string, string] {
  const view = Buffer.from(message);
  // d2 84 59 xx xx: the protected header has 256 bytes or more.
  const end = 5 + view.readUInt16BE(3);
  return [text(view.subarray(0, end)), text(view.subarray(end + 1))];
}

/** COSE_Sign1 endorsements of any bytes: accepted is what was signed, whatever the header says that is not. */
export const target: FuzzTarget = {
  waits: true,
  maxLength: 8192,
  seeds: () => [bytes, Buffer.from("d28443a10126a0f640", "hex"), fakeEndorsement({ payload: "[]" }).bytes],
  run: async (data) => {
    const endorsement = await acceptedLater(() => verifyUvmEndorsement(data, expected));
    const isWhole = text(data).startsWith(before) && text(data).endsWith(behind);
    hold(endorsement === null || isWhole, "only what was signed is accepted");
  },
};
