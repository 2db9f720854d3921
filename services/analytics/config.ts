// What the analytics service is told: where the owners' brokers and providers listen. Who they are is for the contract to say, and
// for their evidence to prove.
import * as v from "valibot";
import { evidenceSourceSchema, placeSchema, revocationConfig } from "#mesh";

export const analyticsConfig = v.strictObject({
  party: v.string(),
  port: v.number(),
  tls: v.picklist(["on", "off"]),
  /** From where its evidence comes. */
  evidence: evidenceSourceSchema,
  /** The brokers of the owners, by party. */
  brokers: v.record(v.string(), placeSchema),
  /** The providers of the owners, by party. */
  providers: v.record(v.string(), placeSchema),
  /** How the providers' evidence is checked for revocation. */
  revocation: revocationConfig,
});

export type AnalyticsConfig = v.InferOutput<typeof analyticsConfig>;
