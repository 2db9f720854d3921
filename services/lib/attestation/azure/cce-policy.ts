import { mismatch } from "../attestation-error.ts";
import { copyOf, equalBytes, sha256, toHex } from "../encoding/bytes.ts";
import type { VerifiedReport } from "../verify/verify-report.ts";

/**
 * Published policies of confidential container groups that allow everything, by the SHA-256 of their bytes: HOST_DATA. A hint for people:
 * one more line break makes another digest, so what is wanted is decided by a list of what is accepted.
 */
const allowAllPolicies: ReadonlyMap<string, string> = new Map([
  [
    "73973b78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20",
    "the allow-all policy of Azure's samples (api_svn)",
  ],
  ["4f4448c67f3c8dfc8de8a5e37125d807dadcc41f06cf23f615dbd52eec777d10", "the allow-all policy of the sidecar's tests"],
  ["b3452a0ed30f1010bd32740dd1610bc63296ceb0f882f2cac3a3152d651fe7e4", "the allow-all policy of c-aci-testing"],
]);

/** What a published allow-all policy is called, when HOST_DATA is its digest; `null` for any other HOST_DATA. */
export function allowAllPolicyName(hostData: Uint8Array): string | null {
  return allowAllPolicies.get(toHex(hostData)) ?? null;
}

/**
 * Checks that a genuine report was launched with exactly this policy document: HOST_DATA is the SHA-256 of its bytes, decoded from the
 * base64 text in which Azure hands it around. Throws EVIDENCE_HOST_DATA.
 */
export async function checkHostData({ report }: VerifiedReport, policyDocument: Uint8Array): Promise<void> {
  const digest = await sha256(copyOf(policyDocument));
  if (equalBytes(digest, report.hostData)) return;
  throw mismatch("EVIDENCE_HOST_DATA", "hostData", toHex(digest), toHex(report.hostData));
}
