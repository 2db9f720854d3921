/** Why a workload does not believe a peer. */
export type PeerCode =
  /** A broker's answer is not a release for this request. */
  | "RELEASE_INVALID"
  /** An owner ended the contract, or its time is over. */
  | "CONTRACT_ENDED"
  /** No broker that was asked knows the contract. */
  | "CONTRACT_UNKNOWN"
  /** A contract that a broker showed does not carry every owner's signature. */
  | "CONSENT_MISSING"
  /** The contract has no such query, or none of the kind that was asked for. */
  | "QUERY_UNKNOWN"
  /** A provider is not what the contract says. */
  | "PROVIDER_REFUSED"
  /** The manifest is not the one that the contract names, or not signed by its owner. */
  | "MANIFEST_MISMATCH"
  /** Neither contract nor configuration say where a party is. */
  | "PARTY_UNKNOWN"
  /** A broker is not the one that the contract names. */
  | "BROKER_MISMATCH"
  /** A provider sent other bytes than were asked for. */
  | "RANGE_MISMATCH";

/** A peer that is not believed: stable code, sentence, and every dynamic part of the sentence. */
export class PeerError extends Error {
  override readonly name = "PeerError";
  readonly code: PeerCode;
  readonly data: Readonly<Record<string, string>>;

  constructor(code: PeerCode, message: string, data: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
