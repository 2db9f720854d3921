import { certificatesFrom } from "#attestation";
import { fakeEvidence } from "../../lib/attestation/fake-processor.ts";
import { accepted, type FuzzTarget, hold, same } from "../target.ts";

/** The PEM text of some certificates. */
export const pemOf = (certificates: readonly Uint8Array[], lineEnd = "\n"): Uint8Array =>
  Buffer.from(
    certificates
      .map((der) => {
        const lines =
          Buffer.from(der)
            .toString("base64")
            .match(/.{1,64}/g) ?? [];
        return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join(lineEnd);
      })
      .join(lineEnd),
  );

const withoutLines = (text: Uint8Array) => Buffer.from(text).toString("latin1").replaceAll(/\r?\n/g, "");

/** PEM text and DER: what is accepted has one spelling but for its line ends. */
export const target: FuzzTarget = {
  waits: false,
  seeds: async () => {
    const { certificates } = await fakeEvidence();
    return [pemOf(certificates), pemOf(certificates.slice(0, 1), "\r\n"), ...certificates.slice(0, 1)];
  },
  run: (data) => {
    const certificates = accepted(() => certificatesFrom(data));
    if (certificates === null) return;
    const isDer = certificates.length === 1 && certificates[0] !== undefined && same(certificates[0], data);
    hold(isDer || withoutLines(pemOf(certificates)) === withoutLines(data), "certificates are spelled in one way");
  },
};
