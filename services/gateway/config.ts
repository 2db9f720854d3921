// What the gateway is told: the page's folder, and which services of the mesh browsers may reach through it.
import * as v from "valibot";

/** The services that a target can be asked for. */
export const forwardable = ["Attestation", "DataProvider", "KeyBroker", "Analytics", "Snooper"] as const;

const target = v.strictObject({
  /** `contoso/broker`: also the path under which it is reached. */
  label: v.string(),
  /** What it is called on the page. */
  title: v.string(),
  address: v.string(),
  serverName: v.string(),
  services: v.array(v.picklist(forwardable)),
});

export const gatewayConfig = v.strictObject({
  port: v.number(),
  /** The built page. */
  page: v.string(),
  tls: v.picklist(["on", "off"]),
  /** Topology words for the page: nothing in them is trusted. */
  topology: v.string(),
  analyses: v.array(v.string()),
  targets: v.array(target),
});

export type GatewayConfig = v.InferOutput<typeof gatewayConfig>;
export type GatewayTarget = GatewayConfig["targets"][number];
