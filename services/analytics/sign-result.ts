// The proof that goes with a result: a statement signed by the key that the evidence binds, over the digest of the document.
import type { Evidence } from "#attestation";
import { resultDocument, statementPayload, statementTypes, type ResultDocument } from "#contract";
import { evidenceFor, resultClaims, type RunKeys, type SecureProcessor } from "#platform";
import { fromUtf8, sha256, signEnvelope, toHex, type Envelope } from "#sealing";
import { signerOf } from "#sealing-node";

/** A result with its proof. */
export interface SignedResult {
  /** Canonical JSON. */
  readonly document: string;
  readonly statement: Envelope;
  readonly evidence: Evidence;
}

/**
 * Signs a result document.
 *
 * @param options.manifests digest by dataset: what the result was computed from
 * @param options.tlsSpkiSha256 SHA-256 of this workload's TLS key; null when TLS is off
 */
export const signResult = async (
  document: ResultDocument,
  options: {
    readonly manifests: Readonly<Record<string, string>>;
    readonly processor: SecureProcessor;
    readonly runKeys: RunKeys;
    readonly tlsSpkiSha256: Uint8Array | null;
    readonly now: Date;
  },
): Promise<SignedResult> => {
  const { manifests, processor, runKeys, tlsSpkiSha256, now } = options;
  const { contract, query, run } = document;
  const bytes = resultDocument(document);
  const resultSha256 = await sha256(bytes);
  const statement = await signEnvelope(
    statementTypes.result,
    statementPayload("result", {
      v: 1,
      type: "result",
      contract,
      query,
      run,
      manifests: { ...manifests },
      result_sha256: toHex(resultSha256),
      time: `${now.toISOString().slice(0, 19)}Z`,
    }),
    signerOf(runKeys.resultKey()),
  );
  const claims = resultClaims({ keys: runKeys, contract, query, run, resultSha256, tlsSpkiSha256 });
  return { document: fromUtf8(bytes), statement, evidence: await evidenceFor(processor, claims) };
};
