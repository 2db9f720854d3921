// What a broker is told. Whose broker it is, its owner's key and its root of trust come from here and from nowhere else: never
// from a contract, never from a caller.
import * as v from "valibot";
import { revocationConfig } from "#mesh";

const hex32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export const brokerConfig = v.strictObject({
  party: v.string(),
  port: v.number(),
  tls: v.picklist(["on", "off"]),
  /** The broker's own folder: its signing key, class keys, manifests, contracts and log. */
  home: v.string(),
  /** The issuer of its verdicts, as contracts name it: `https://broker.contoso.example`. */
  url: v.pipe(v.string(), v.startsWith("https://")),
  /** SHA-256 of the CA certificate of its TLS name, as contracts name it. */
  ca_sha256: hex32,
  /** The key of the owner whose broker this is: `ed25519:…`. */
  owner_key: v.pipe(v.string(), v.startsWith("ed25519:")),
  /** The one kind of hardware root that it trusts. */
  root: v.variant("kind", [
    v.strictObject({ kind: v.literal("amd") }),
    v.strictObject({ kind: v.literal("simulated"), ark_spki_sha256: hex32 }),
  ]),
  revocation: revocationConfig,
  /** Which endorsements of Azure's utility VMs it wants; only with AMD's root. */
  uvm: v.optional(
    v.strictObject({ issuers: v.array(v.string()), feed: v.string(), minimum_svn: v.pipe(v.number(), v.integer()) }),
  ),
});

export type BrokerConfig = v.InferOutput<typeof brokerConfig>;
