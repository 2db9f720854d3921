// Where a broker is: its address from a deployment's configuration, its name and its CA from the contract.
import { createHash, X509Certificate } from "node:crypto";
import * as v from "valibot";
import type { Contract } from "#contract";
import type { Identity } from "../identity.ts";
import type { MeshTarget } from "../target.ts";
import { PeerError } from "./peer-error.ts";

/** Where a service listens, as configurations say it. */
export const placeSchema = v.strictObject({
  /** Host and port. */
  address: v.string(),
  /** The name in its TLS certificate. */
  serverName: v.string(),
});
export type Place = v.InferOutput<typeof placeSchema>;

/**
 * The target of a place.
 *
 * @param identity this process's own; absent when TLS is stripped by configuration
 * @throws {PeerError} PARTY_UNKNOWN when the configuration has no such place
 */
export const targetOf = (label: string, place: Place | undefined, identity: Identity | undefined): MeshTarget => {
  if (place === undefined)
    throw new PeerError("PARTY_UNKNOWN", `the configuration does not say where ${label} is`, { party: label });
  return {
    ...place,
    label,
    tls: identity === undefined ? { off: "stripped by configuration" } : { ca: identity.ca, identity },
  };
};

/**
 * The target of a party's broker, under the name and the CA that the contract gives it.
 *
 * @returns the target, and the broker's key
 * @throws {PeerError} PARTY_UNKNOWN, BROKER_MISMATCH when the CA here is another than the contract's
 */
export const brokerTargetOf = (
  contract: Contract,
  party: string,
  options: { readonly place: Place | undefined; readonly identity: Identity | undefined },
): { readonly target: MeshTarget; readonly key: string } => {
  const named = contract.parties[party]?.broker;
  if (named === undefined) throw new PeerError("PARTY_UNKNOWN", `the contract names no broker of ${party}`, { party });
  const { place, identity } = options;
  const target = targetOf(`${party}/broker`, place, identity);
  if (identity !== undefined) {
    const ca = `sha256:${createHash("sha256").update(new X509Certificate(identity.ca).raw).digest("hex")}`;
    if (ca !== named.ca)
      throw new PeerError("BROKER_MISMATCH", `the CA here is ${ca}, the contract names ${named.ca}`, { party });
  }
  return { target: { ...target, serverName: new URL(named.url).hostname }, key: named.key };
};
