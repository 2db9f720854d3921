// Appraisal and policy: is the evidence genuine and made for this broker, and is it what the contract wants?
import {
  appraiseEvidence,
  maaClaims,
  parseClaims,
  strictPolicy,
  validateReport,
  type Appraisal,
  type Evidence,
  type FindingCode,
  type ReleaseClaims,
  type RevocationPolicy,
  type TrustedRoots,
  type UvmExpectation,
} from "#attestation";
import {
  evaluatePolicy,
  parseReleasePolicy,
  queryOf,
  referenceValuesOf,
  releasePolicy,
  workloadOf,
  type ClauseOutcome,
  type Contract,
} from "#contract";

/** Who this broker is to a workload that asks. */
export interface BrokerIdentity {
  readonly party: string;
  /** `ed25519:…`: the key that signs what the broker says. */
  readonly key: string;
  /** Its issuer, `https://broker.contoso.example`. */
  readonly url: string;
  readonly roots: TrustedRoots;
  /** As it is now: lists are renewed while the broker runs. */
  readonly revocation: () => RevocationPolicy;
  /** Which endorsements of utility VMs it accepts; without it none is asked for, and no verdict is compliant. */
  readonly uvm?: UvmExpectation;
}

/** What claims for a broker must have as audience. */
export const audienceOf = ({ party, key }: BrokerIdentity): string => `${party}/broker:${key}`;

const uvmOf = ({ uvm }: BrokerIdentity): { readonly uvm?: UvmExpectation } => (uvm === undefined ? {} : { uvm });

/** Genuine evidence of purpose `release`, made for this broker. */
export interface ReleaseAppraisal extends Appraisal {
  readonly claims: ReleaseClaims;
}

/**
 * Appraises evidence for a release. Freshness of the nonce is for the caller to judge, who alone knows which are open.
 *
 * @param peerKey SHA-256 of the TLS key on this connection, or why it is not compared
 * @throws AttestationError
 */
export const appraiseForRelease = async (
  identity: BrokerIdentity,
  evidence: Evidence,
  options: { readonly now: Date; readonly peerKey: Uint8Array | { readonly unchecked: string } },
): Promise<ReleaseAppraisal> => {
  const appraisal = await appraiseEvidence(evidence, {
    roots: identity.roots,
    now: options.now,
    revocation: identity.revocation(),
    ...uvmOf(identity),
    purpose: "release",
    audience: audienceOf(identity),
    nonce: { none: "the broker's own list of open nonces decides" },
    tlsSpkiSha256: options.peerKey,
  });
  if (appraisal.claims.purpose !== "release") throw new TypeError("appraiseEvidence compared the purpose");
  return { ...appraisal, claims: appraisal.claims };
};

/**
 * Appraises evidence of any purpose and audience: what it says of itself is taken as asked for, so that only the workload is judged.
 *
 * @throws AttestationError
 */
export const appraiseForExplanation = async (
  identity: BrokerIdentity,
  evidence: Evidence,
  now: Date,
): Promise<Appraisal> => {
  const { purpose, audience } = await parseClaims(evidence.runtimeClaims);
  return appraiseEvidence(evidence, {
    roots: identity.roots,
    now,
    revocation: identity.revocation(),
    ...uvmOf(identity),
    purpose,
    audience,
    nonce: { none: "evidence that was made before is explained too" },
    tlsSpkiSha256: { unchecked: "the evidence came over another connection" },
  });
};

/** What the release policy says already, clause by clause: said once. */
const saidByPolicy: ReadonlySet<FindingCode> = new Set([
  "HARDWARE_MISMATCH",
  "HOST_DATA_MISMATCH",
  "MEASUREMENT_MISMATCH",
  "DEBUG_ALLOWED",
  "MIGRATION_AGENT_ALLOWED",
  "VMPL_MISMATCH",
]);

/** How the policy of a query came out for genuine evidence. */
export interface PolicyVerdict {
  readonly met: boolean;
  /** Every clause of the release policy, and what the validation found beside it as one more each. */
  readonly clauses: readonly ClauseOutcome[];
}

/**
 * Evaluates the release policy of a query, and validates the report against the contract's reference values, which hold what a
 * vault's grammar cannot say: the TCB floors.
 */
export const judge = (
  identity: BrokerIdentity,
  contract: Contract,
  query: string,
  evidence: Pick<Appraisal, "verified" | "claims" | "uvm">,
): PolicyVerdict => {
  const policy = parseReleasePolicy(releasePolicy(contract, query, identity.url));
  const { met, clauses } = evaluatePolicy(policy, maaClaims({ ...evidence, issuer: identity.url }));
  const workload = workloadOf(contract, queryOf(contract, query).run_by);
  const findings = validateReport(evidence.verified, strictPolicy(referenceValuesOf(workload)));
  const validation = findings
    .filter(({ code }) => !saidByPolicy.has(code))
    .map(({ code, field, expected, seen }) => ({
      pointer: `/validation/${code}`,
      claim: field,
      operator: "equals" as const,
      expected,
      seen,
      met: false,
    }));
  return { met: met && findings.length === 0, clauses: [...clauses, ...validation] };
};
