// The release of data keys: appraisal, policy, consent, budget, in this order, and a log entry before the answer.
import { createHash } from "node:crypto";
import { AttestationError, codeKind, type Evidence } from "#attestation";
import {
  columnsOf,
  ContractError,
  partyOf,
  queryOf,
  releasePolicy,
  statementPayload,
  statementTypes,
  type Denial,
  type Query,
} from "#contract";
import { canonicalJson, toBase64Url, utf8, type Envelope, type Manifest } from "#sealing";
import type { ClassKeyStore, Signer } from "#sealing-node";
import { BrokerError } from "./broker-error.ts";
import type { Challenges } from "./challenges.ts";
import type { ContractBook, KnownContract } from "./contract-book.ts";
import { DenialError } from "./denial-error.ts";
import type { Ledger } from "./ledger.ts";
import type { OwnManifests } from "./own-manifests.ts";
import type { RefusalCounter } from "./refusals.ts";
import type { KeyRequest } from "./release-request.ts";
import { toStatementTime } from "./statement-time.ts";
import { grant, rewrap, type GrantedKey } from "./unwrap.ts";
import {
  appraiseForRelease,
  judge,
  type BrokerIdentity,
  type PolicyVerdict,
  type ReleaseAppraisal,
} from "./verdict.ts";

/** What a release works with. */
export interface ReleaseDeps {
  readonly identity: BrokerIdentity;
  readonly signer: Signer;
  readonly challenges: Challenges;
  readonly contracts: ContractBook;
  readonly manifests: OwnManifests;
  readonly keys: ClassKeyStore;
  readonly ledger: Ledger;
  readonly refusals: RefusalCounter;
  readonly now: () => Date;
}

/** Released keys: the JWS, and the signed entry of the log. */
export interface Released {
  readonly keyRelease: string;
  readonly release: Envelope;
}

/** SHA-256 of the signed bytes of a report: ECDSA is malleable, so the signature is not part of what names it. */
const evidenceDigest = (report: Uint8Array): string =>
  createHash("sha256").update(report.subarray(0, 0x2a0)).digest("hex");

/** The manifests of the datasets of this owner that a query is over, by dataset. */
const manifestsOf = async ({ identity, manifests }: ReleaseDeps, { contract }: KnownContract, { over }: Query) => {
  const found = new Map<string, Manifest>();
  for (const dataset of over.filter((name) => partyOf(name) === identity.party)) {
    const digest = contract.datasets[dataset]?.manifest ?? "";
    const manifest = await manifests(digest);
    if (manifest === undefined)
      throw new BrokerError("MANIFEST_UNKNOWN", `no manifest ${digest} of ${dataset} is known here`, {
        dataset,
        digest,
      });
    found.set(dataset, manifest);
  }
  return found;
};

/** What a denial says of the request; the reasons that are no judgement of the workload carry no clauses. */
const denialOf = (
  deps: ReleaseDeps,
  evidence: Evidence,
  { claims }: ReleaseAppraisal,
  reason: string,
  clauses: PolicyVerdict["clauses"],
): Denial => ({
  v: 1,
  type: "denial",
  broker: deps.identity.party,
  time: toStatementTime(deps.now()),
  contract: claims.contract,
  query: claims.query,
  run: claims.run,
  reason,
  clauses: [...clauses],
  evidence_sha256: evidenceDigest(evidence.report),
});

const decide = async (deps: ReleaseDeps, requests: readonly KeyRequest[], appraisal: ReleaseAppraisal) => {
  const { claims } = appraisal;
  deps.challenges.spend(claims.nonce);
  const known = deps.contracts.find(claims.contract);
  const query = queryOf(known.contract, claims.query);
  const verdict = judge(deps.identity, known.contract, claims.query, appraisal);
  if (!verdict.met) throw new DenialError("the workload is not what the contract wants", verdict.clauses);
  // Consent: every owner's signature was verified when the contract came in, and again when the book was opened.
  deps.contracts.requireInForce(known);
  if (query.recipients !== "anyone") {
    throw new BrokerError("RECIPIENT_UNSUPPORTED", "results for listed recipients are not sealed yet", {
      query: claims.query,
    });
  }
  const manifests = await manifestsOf(deps, known, query);
  const granted = grant(requests, { contract: known.contract, columns: columnsOf(query), manifests });
  return { known, verdict, granted };
};

const jwsOf = async (
  deps: ReleaseDeps,
  appraisal: ReleaseAppraisal,
  known: KnownContract,
  granted: readonly GrantedKey[],
): Promise<string> => {
  const { claims } = appraisal;
  const { url } = deps.identity;
  const [{ dataset, version }] = granted as readonly [GrantedKey, ...GrantedKey[]]; // a request has at least one key
  const kid = `${url}/keys/${dataset}/${version}`;
  const policy = JSON.stringify(releasePolicy(known.contract, claims.query, url));
  const payload = {
    request: { "api-version": "sealmesh.v1", enc: "RSA_AES_KEY_WRAP_256", kid, nonce: toBase64Url(claims.nonce) },
    response: {
      key: {
        key: { kid, kty: "oct", key_ops: ["decrypt"], key_hsm: rewrap(granted, deps.keys, claims.key) },
        attributes: { enabled: true, exportable: true },
        release_policy: { contentType: "application/json; charset=utf-8", data: toBase64Url(utf8(policy)) },
      },
    },
  };
  const header = { alg: "EdDSA", kid: deps.signer.keyId, typ: "JWT" };
  const signed = [header, payload].map((part) => toBase64Url(utf8(canonicalJson(part)))).join(".");
  return `${signed}.${toBase64Url(await deps.signer.sign(utf8(signed)))}`;
};

/** Counts what does not prove what it says; malformed input is its sender's mistake and no attempt at anything. */
export const countUnverifiable = ({ refusals }: Pick<ReleaseDeps, "refusals">, error: unknown): void => {
  if (error instanceof AttestationError && codeKind[error.code] === "unverifiable") refusals.count(error.code);
};

/**
 * Releases data keys to an attested workload.
 *
 * @param peerKey SHA-256 of the TLS key on this connection, or why it is not compared
 * @throws {AttestationError} evidence that cannot be verified: counted, nothing else is recorded
 * @throws {DenialError} genuine evidence that is not allowed, with every clause; recorded, and carries the signed record
 * @throws {BrokerError} NONCE_…, CONTRACT_…, COLUMN_NOT_IN_QUERY, KEY_REQUEST_MALFORMED; a denial is recorded too
 */
export const releaseKeys = async (
  deps: ReleaseDeps,
  evidence: Evidence,
  requests: readonly KeyRequest[],
  peerKey: Uint8Array | { readonly unchecked: string },
): Promise<Released> => {
  let appraisal: ReleaseAppraisal;
  try {
    appraisal = await appraiseForRelease(deps.identity, evidence, { now: deps.now(), peerKey });
  } catch (error) {
    countUnverifiable(deps, error);
    throw error;
  }
  try {
    const { known, verdict, granted } = await decide(deps, requests, appraisal);
    const keyRelease = await jwsOf(deps, appraisal, known, granted);
    const { claims } = appraisal;
    const release = await deps.ledger.append(
      statementTypes.release,
      statementPayload("release", {
        v: 1,
        type: "release",
        broker: deps.identity.party,
        time: toStatementTime(deps.now()),
        contract: claims.contract,
        query: claims.query,
        run: claims.run,
        granularity: "data-keys",
        keys: granted.map(({ dataset, version, part, column }) => ({ dataset, version, part, column })),
        recipient: claims.key.kid,
        evidence_sha256: evidenceDigest(evidence.report),
        clauses: [...verdict.clauses],
      }),
    );
    return { keyRelease, release };
  } catch (error) {
    if (!(error instanceof BrokerError || error instanceof DenialError || error instanceof ContractError)) throw error;
    const clauses = error instanceof DenialError ? error.clauses : [];
    const denial = denialOf(deps, evidence, appraisal, error.code, clauses);
    const statement = await deps.ledger.append(statementTypes.denial, statementPayload("denial", denial));
    if (!(error instanceof ContractError)) error.statement = statement;
    throw error;
  }
};
