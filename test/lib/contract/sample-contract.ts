// A whole contract with real keys, as two owners and their partner would write it. Tests change one thing in it.

import { ed25519TextOf } from "#sealing";
import type { EnvelopeSigner } from "#sealing";

export const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
export const measurement = `sha384:${"5".repeat(96)}`;

/** A signer with a fresh Ed25519 key. */
export async function freshSigner(): Promise<EnvelopeSigner> {
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("Ed25519 gives a pair of keys");
  return {
    keyId: ed25519TextOf(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, new Uint8Array(bytes))),
  };
}

/** The signers of the sample, and strangers. */
export const signers = {
  contoso: await freshSigner(),
  contosoBroker: await freshSigner(),
  fabrikam: await freshSigner(),
  fabrikamBroker: await freshSigner(),
  stranger: await freshSigner(),
};

const workload = `{ hardware: [simulated], host_data: ["${digest("1")}"], measurement: [${measurement}], minimum_tcb: { 19-01: { boot_loader: 4, tee: 0, snp: 24, microcode: 219 } } }`;

/** The contract as people write it. */
export const sampleYaml = `# Who may compute what.
contract: partner-demographics
version: 1
simulated_root: ${digest("0")}
parties:
  contoso:   { owner_key: ${signers.contoso.keyId}, broker: { url: https://broker.contoso.example, key: ${signers.contosoBroker.keyId}, ca: ${digest("a")} } }
  fabrikam:  { owner_key: ${signers.fabrikam.keyId}, broker: { url: https://broker.fabrikam.example, key: ${signers.fabrikamBroker.keyId}, ca: ${digest("b")} } }
  woodgrove: {}
datasets:
  contoso/employees:
    manifest: ${digest("c")}
    classes: { identity: [name, phone, address, postal_code], demographics: [age, city, country, eye_color, favorite_color], finance: [salary] }
  fabrikam/customers:
    manifest: ${digest("d")}
    classes: { identity: [name, phone, address, postal_code], demographics: [age, city, country, eye_color, favorite_color], finance: [salary] }
workloads:
  woodgrove/analytics: ${workload}
  contoso/provider: ${workload}
queries:
  demographics:
    run_by: woodgrove/analytics
    over: [contoso/employees, fabrikam/customers]
    as_of: 2026
    outputs:
      - { name: countries, group_by: [country], top: 10, within: { name: cities, group_by: [city], top: 3 }, measures: [count] }
      - { name: generations, group_by: [party, { bucket: age, by: generations, as: generation }], measures: [count, share] }
      - { name: salaries, of: salary, group_by: [party], measures: [count, avg, min, max] }
      - { name: salaries_by_country, of: salary, group_by: [country], measures: [count, avg, min, max] }
      - { name: eye_colors, group_by: [{ column: eye_color, as: value }], measures: [count] }
    privacy: { minimum_group: 3 }
    recipients: anyone
  own-records:
    run_by: contoso/provider
    over: [contoso/employees]
    records: { show: 1, columns: [city, favorite_color] }
    recipients: anyone
valid: { from: 2026-11-24T10:00:00Z, until: 2027-11-24T10:00:00Z }
`;

/** The sample with one piece of its text replaced; the piece must occur. */
export function altered(piece: string | RegExp, replacement: string): string {
  const text = sampleYaml.replace(piece, () => replacement);
  if (text === sampleYaml) throw new RangeError(`the sample has no ${String(piece)}`);
  return text;
}
