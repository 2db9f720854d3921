// What the attacker is told: where the storage lies and whom it can reach. None of it is a secret, and it holds nobody's key.
import * as v from "valibot";

const place = { address: v.string(), serverName: v.string() };
const analysis = v.pipe(v.string(), v.regex(/^[^/]+\/[^/]+$/, "is not <contract>/<query>"));

export const snooperConfig = v.strictObject({
  port: v.number(),
  tls: v.picklist(["on", "off"]),
  /** The untrusted storage: a folder that the attacker reads, and writes as a hostile operator. */
  storage: v.string(),
  /** `<contract>/<query>`, those that the analytics partner runs. */
  analyses: v.array(analysis),
  targets: v.array(
    v.strictObject({
      /** `contoso/broker`: also how a contract names a workload. */
      label: v.string(),
      ...place,
      role: v.picklist(["broker", "provider", "analytics"]),
      party: v.string(),
    }),
  ),
  /** Names of the contracts in force. */
  contracts: v.array(v.string()),
  /** An analytics service whose code was changed in one place, for the attack of that name. */
  changedAnalytics: v.optional(v.strictObject(place)),
});

export type SnooperConfig = v.InferOutput<typeof snooperConfig>;
