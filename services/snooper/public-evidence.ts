// Genuine evidence that anyone can have.
import { Attestation } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import type { Evidence } from "#attestation";
import { toEvidence } from "#mesh";
import { callOptions, type AttackContext, type Target } from "./attack.ts";

/** Reader evidence of a workload, over a nonce of the caller's choice: 32 bytes. */
export const readerEvidence = async (
  context: AttackContext,
  workload: Target,
  nonce: Uint8Array,
): Promise<Evidence> => {
  const { evidence } = await context.reach(workload, Attestation).getEvidence({ nonce }, callOptions(context));
  return toEvidence(evidence);
};
