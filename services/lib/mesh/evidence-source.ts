import * as v from "valibot";

const timeoutMs = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(120_000)));
/** Where the folder of Azure's utility VM is looked for: below this one. */
const securityContext = v.optional(v.strictObject({ root: v.optional(v.string(), "/") }));

/**
 * From where a workload has its reports, as configurations say it. A local mesh says nothing: its host left file descriptor 3 open.
 * Elsewhere it has to be said, since nothing is tried out.
 */
export const evidenceSourceSchema = v.optional(
  v.variant("kind", [
    v.strictObject({ kind: v.literal("simulated"), fd: v.pipe(v.number(), v.integer(), v.minValue(3)), timeoutMs }),
    v.strictObject({
      kind: v.literal("configfs-tsm"),
      root: v.optional(v.string()),
      privlevel: v.optional(v.picklist([0, 1, 2, 3])),
      securityContext,
      timeoutMs,
    }),
    v.strictObject({
      kind: v.literal("skr-sidecar"),
      port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
      securityContext,
      timeoutMs,
    }),
  ]),
  { kind: "simulated", fd: 3 },
);
