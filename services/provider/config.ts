// What a provider is told: where its sealed data lie, and where the owners' brokers listen.
import * as v from "valibot";
import { evidenceSourceSchema, placeSchema } from "#mesh";

export const providerConfig = v.strictObject({
  party: v.string(),
  port: v.number(),
  tls: v.picklist(["on", "off"]),
  /** From where its evidence comes. */
  evidence: evidenceSourceSchema,
  /** The untrusted storage; this party's datasets are in a folder of its name. */
  storage: v.string(),
  /** The brokers of the owners, by party. */
  brokers: v.record(v.string(), placeSchema),
  /** The providers of the other owners, by party: where their sealed data are read. */
  providers: v.record(v.string(), placeSchema),
});

export type ProviderConfig = v.InferOutput<typeof providerConfig>;
