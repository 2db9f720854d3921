// What a service is told about revocation. Lists lie in files, so that whoever runs the service can renew them while it runs.
import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { RevocationPolicy, Tolerance } from "#attestation";

const reason = v.pipe(v.string(), v.nonEmpty());
const tolerance: v.GenericSchema<Tolerance> = v.union([v.literal("refused"), v.strictObject({ accepted: reason })]);

/** How a service checks revocation: CRLs of its own beside those in the evidence, and what to do without; or why it does not. */
export const revocationConfig = v.union([
  v.strictObject({ unchecked: reason }),
  v.strictObject({
    /** DER files. One that is not there is absent, which `absent` decides about. */
    crls: v.array(v.string()),
    absent: tolerance,
    stale: tolerance,
  }),
]);

const readCrl = (file: string): Uint8Array[] => {
  try {
    return [readFileSync(file)];
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw cause;
  }
};

/** The policy as the files are now. */
export const revocationPolicy = (config: v.InferOutput<typeof revocationConfig>): RevocationPolicy =>
  "unchecked" in config ? config : { ...config, crls: config.crls.flatMap(readCrl) };
