import { AttestationError, parseHostAmdCert } from "#attestation";
import { parseStrictJson } from "../../../services/lib/attestation/encoding/strict-json.ts";
import { fakeEvidence } from "../../lib/attestation/fake-processor.ts";
import { accepted, type FuzzTarget, hold } from "../target.ts";
import { pemOf } from "./pem.ts";

const malformed = (reason: string) => new AttestationError("TOKEN_MALFORMED", reason);

/** A value as JSON.parse would have it, which rounds. */
const rounded = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) => (typeof member === "bigint" ? Number(member) : member));

/** JSON that others have signed: what is accepted means the same to JSON.parse. */
export const target: FuzzTarget = {
  waits: false,
  seeds: async () => {
    const { certificates } = await fakeEvidence();
    const pem = (some: readonly Uint8Array[]) => Buffer.from(pemOf(some)).toString("latin1");
    const host = {
      vcekCert: pem(certificates.slice(0, 1)),
      tcbm: "DB18000000000004",
      certificateChain: pem(certificates.slice(1)),
      cacheControl: "86400",
    };
    const texts = ['{"a":[1,-2.5e-3,"\\u00e9\\n",true,null,{}],"b":18446744073709551616}', "[[[[[]]]]]", "{}"];
    return [JSON.stringify(host), ...texts].map((text) => Buffer.from(text));
  },
  run: (data) => {
    const value = accepted(() => parseStrictJson(data, malformed));
    if (value !== null)
      hold(rounded(value) === JSON.stringify(JSON.parse(Buffer.from(data).toString())), "one meaning");
    const host = accepted(() => parseHostAmdCert(data));
    hold(host === null || host.certificates.length > 1, "a host has a leaf and a chain");
  },
};
