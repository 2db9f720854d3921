// The Attestation service: the same for every workload that runs in a TEE. It makes evidence of purpose `reader` and no other, so
// that nobody can have evidence made here that a broker would take.
import { Code } from "@connectrpc/connect";
import { Attestation } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { evidenceFor, readerClaims, type SecureProcessor } from "#platform";
import { meshService, type MeshService } from "../mesh-service.ts";
import { RpcError } from "../rpc-error.ts";
import { toEvidenceMessage } from "./evidence-message.ts";

const NONCE_BYTES = 32;

/** @param tlsSpkiSha256 SHA-256 of this workload's TLS key; null when TLS is off */
export const attestationService = (processor: SecureProcessor, tlsSpkiSha256: Uint8Array | null): MeshService =>
  meshService(Attestation, {
    async getEvidence({ nonce }) {
      if (nonce.length !== NONCE_BYTES) {
        throw new RpcError({
          status: Code.InvalidArgument,
          reason: "NONCE_MALFORMED",
          message: `the nonce is ${nonce.length} bytes, want ${NONCE_BYTES}`,
          domain: "attestation.sealmesh",
          metadata: { length: `${nonce.length}` },
        });
      }
      const evidence = await evidenceFor(processor, readerClaims({ nonce, tlsSpkiSha256 }));
      const { policyDocument, measurementDocument } = evidence;
      return { evidence: toEvidenceMessage(evidence), policyDocument, measurementDocument };
    },
  });
