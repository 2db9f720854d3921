// Connects to an owner's provider only after its evidence was appraised: genuine, over a fresh nonce, bound to the TLS key of this
// very connection, and a workload that the contract lists.
import { appraiseEvidence, type RevocationPolicy, strictPolicy, validateReport } from "#attestation";
import { referenceValuesOf, trustedRootsOf, workloadOf, type Contract } from "#contract";
import { connectAttested } from "../connect-attested.ts";
import type { MeshTarget } from "../target.ts";
import { toEvidence } from "./evidence-message.ts";
import { PeerError } from "./peer-error.ts";

/**
 * Appraises a workload and pins its TLS key.
 *
 * @param options.workload as the contract names it, such as `contoso/provider`
 * @returns the target, pinned to the appraised key
 * @throws {AttestationError} EVIDENCE_… when the evidence is not genuine or not made for this connection
 * @throws {PeerError} PROVIDER_REFUSED when the contract does not want what it is, with every finding
 */
export const connectAppraised = async (
  target: MeshTarget,
  options: {
    readonly contract: Contract;
    readonly workload: string;
    readonly now: Date;
    readonly revocation: RevocationPolicy;
    readonly signal: AbortSignal;
  },
): Promise<MeshTarget> => {
  const { contract, workload, now, revocation, signal } = options;
  const policy = strictPolicy(referenceValuesOf(workloadOf(contract, workload)));
  const appraised = await connectAttested(
    target,
    async ({ response, nonce, spkiSha256 }) => {
      const { verified } = await appraiseEvidence(toEvidence(response.evidence), {
        roots: trustedRootsOf(contract),
        now,
        revocation,
        purpose: "reader",
        audience: "anyone",
        nonce,
        tlsSpkiSha256: spkiSha256 ?? { unchecked: "TLS is stripped by configuration" },
      });
      const findings = validateReport(verified, policy);
      if (findings.length > 0) {
        const text = findings
          .map(({ code, expected, seen }) => `${code}: expected ${expected}, seen ${seen}`)
          .join("; ");
        throw new PeerError("PROVIDER_REFUSED", `${workload} is not what the contract wants: ${text}`, {
          workload,
          findings: text,
        });
      }
    },
    { signal },
  );
  return appraised.target;
};
