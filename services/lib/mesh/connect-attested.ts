import { randomBytes } from "node:crypto";
import { Attestation, type GetEvidenceResponse } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { connectMesh } from "./client.ts";
import type { MeshTarget } from "./target.ts";

const NONCE_BYTES = 32;

/** What an appraisal is made of. */
export interface EvidenceToAppraise {
  readonly response: GetEvidenceResponse;
  /** The 32 bytes that the evidence must carry. */
  readonly nonce: Uint8Array;
  /**
   * SHA-256 of the SubjectPublicKeyInfo of the key that the peer used on this connection; the claims' `tls_spki_sha256` must
   * equal it, or be null when this is undefined (TLS is stripped).
   */
  readonly spkiSha256: Uint8Array | undefined;
}

/** An appraised peer. */
export interface AttestedPeer<T> {
  readonly appraisal: T;
  /** The target, pinned to the appraised key: any other key is refused on every later connection. */
  readonly target: MeshTarget;
}

/**
 * Fetches a peer's evidence over a fresh nonce, has it appraised, and pins the peer's TLS key.
 *
 * @param appraise must throw unless the evidence is genuine, wanted, over this nonce, and binds this key
 * @throws whatever `appraise` throws; ConnectError when the evidence cannot be had
 */
export const connectAttested = async <T>(
  target: MeshTarget,
  appraise: (evidence: EvidenceToAppraise) => Promise<T>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<AttestedPeer<T>> => {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const connection = connectMesh(target, { pinFirstKey: true });
  try {
    const response = await connection.client(Attestation).getEvidence({ nonce }, options);
    // The connection pins the first key that it sees, so that this is the key of the call above.
    const spkiSha256 = connection.peerSpkiSha256();
    const appraisal = await appraise({ response, nonce, spkiSha256 });
    if (spkiSha256 === undefined || "off" in target.tls) return { appraisal, target };
    return { appraisal, target: { ...target, tls: { ...target.tls, spkiSha256 } } };
  } finally {
    connection.close();
  }
};
