import { decodeBase64, encodeBase64Url } from "../../../services/lib/attestation/encoding/base64.ts";
import { type FuzzTarget, hold, same } from "../target.ts";

/** Both alphabets, against Node's: what is accepted is what Node would write. */
export const target: FuzzTarget = {
  waits: false,
  seeds: () => ["", "AA==", "AAA=", "AAAA", "-_-_", "+/+/", "qrvM3e7_"].map((text) => Buffer.from(text)),
  run: (data) => {
    const text = Buffer.from(data).toString("latin1");
    for (const kind of ["base64", "base64url"] as const) {
      const node = Buffer.from(text, kind);
      const bytes = decodeBase64(text, kind);
      hold((bytes !== null) === (node.toString(kind) === text), `${kind} has one spelling`);
      hold(bytes === null || same(bytes, node), `${kind} is decoded as Node does`);
    }
    hold(encodeBase64Url(data) === Buffer.from(data).toString("base64url"), "base64url is encoded as Node does");
  },
};
