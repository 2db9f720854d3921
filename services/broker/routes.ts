// The RPCs of KeyBroker, mapped to the domain: messages in, messages out, nothing decided here.
import { randomBytes } from "node:crypto";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Evidence } from "#attestation";
import { queryOf, releasePolicy, statementPayload, statementTypes } from "#contract";
import { KeyBroker, type ReleaseKeysRequest } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { ContractState, type ContractSchema } from "#gen/sealmesh/contract/v1alpha1/contract_pb.ts";
import {
  meshService,
  page,
  toEnvelope,
  toEvidence,
  toStatementMessage,
  type CallContext,
  type MeshService,
} from "#mesh";
import { fromHex } from "#sealing";
import type { KnownContract } from "./contract-book.ts";
import { countUnverifiable, releaseKeys, type ReleaseDeps } from "./release.ts";
import { keyRequestsOf } from "./release-request.ts";
import { toStatementTime } from "./statement-time.ts";
import { appraiseForExplanation, audienceOf, judge } from "./verdict.ts";

/** What the routes work with. */
export interface RouteDeps extends ReleaseDeps {
  /** Whether TLS is stripped by configuration: then no TLS key can be compared. */
  readonly tls: "on" | "off";
}

const NOT_JUDGED = [
  "purpose and audience: evidence that was made for something else is explained too",
  "the state of the contract and the columns asked for",
] as const;

const contractMessage = ({ contracts }: RouteDeps, known: KnownContract): MessageInitShape<typeof ContractSchema> => ({
  name: known.contract.contract,
  version: known.contract.version,
  digest: fromHex(known.digest.slice("sha256:".length)),
  statement: toStatementMessage(known.statement),
  state: ContractState[contracts.stateOf(known)],
  activateTime: timestampFromDate(known.activated),
});

const peerKeyOf = ({ tls }: RouteDeps, { peer }: CallContext): Uint8Array | { readonly unchecked: string } => {
  if (tls === "off") return { unchecked: "TLS is stripped by configuration" };
  // The caller option demands a client certificate; were there none, the empty key equals no claim.
  return peer.spkiSha256 ?? new Uint8Array(32);
};

/** The evidence of a request; that there is none is counted too. */
const evidenceIn = (deps: RouteDeps, { evidence }: Pick<ReleaseKeysRequest, "evidence">): Evidence => {
  try {
    return toEvidence(evidence);
  } catch (error) {
    countUnverifiable(deps, error);
    throw error;
  }
};

const record = (deps: RouteDeps, known: KnownContract, state: "ACTIVE" | "REVOKED") =>
  deps.ledger.append(
    statementTypes.activation,
    statementPayload("activation", {
      v: 1,
      type: "activation",
      broker: deps.identity.party,
      time: toStatementTime(deps.now()),
      contract: known.digest,
      name: known.contract.contract,
      version: known.contract.version,
      state,
    }),
  );

/** The service of one broker. */
export const keyBrokerService = (deps: RouteDeps): MeshService => {
  const secret = randomBytes(32);
  return meshService(KeyBroker, {
    async createChallenge() {
      const { nonce, expires } = deps.challenges.create();
      return { nonce, audience: audienceOf(deps.identity), expireTime: timestampFromDate(expires) };
    },

    async releaseKeys(request, context) {
      const evidence = evidenceIn(deps, request);
      const { keyRelease, release } = await releaseKeys(
        deps,
        evidence,
        keyRequestsOf(request),
        peerKeyOf(deps, context),
      );
      return { keyRelease, release: toStatementMessage(release) };
    },

    async explainRelease(request) {
      const { contract } = deps.contracts.find(request.contract);
      queryOf(contract, request.query);
      const { notChecked, ...appraisal } = await appraiseForExplanation(
        deps.identity,
        toEvidence(request.evidence),
        deps.now(),
      );
      const { met, clauses } = judge(deps.identity, contract, request.query, appraisal);
      return {
        policyMet: met,
        clauses: clauses.map(({ seen, ...clause }) => ({ ...clause, ...(seen === null ? {} : { seen }) })),
        notJudged: [...NOT_JUDGED, ...notChecked],
      };
    },

    async getReleasePolicy(request) {
      const { contract } = deps.contracts.find(request.contract);
      return { policy: JSON.stringify(releasePolicy(contract, request.query, deps.identity.url)) };
    },

    async activateContract(request) {
      const { known, isNew } = await deps.contracts.activate(toEnvelope(request.contract));
      if (isNew) await record(deps, known, "ACTIVE");
      return { contract: contractMessage(deps, known) };
    },

    async revokeContract(request) {
      const { known, isNew } = await deps.contracts.revoke(toEnvelope(request.revocation));
      if (isNew) await record(deps, known, "REVOKED");
      return { contract: contractMessage(deps, known) };
    },

    async getContract(request) {
      return { contract: contractMessage(deps, deps.contracts.find(request.contract)) };
    },

    async listLedger({ pageSize, pageToken }) {
      const { items, nextPageToken } = page(deps.ledger.entries, { list: "ledger", pageSize, pageToken, secret });
      return {
        entries: items.map(({ index, statement }) => ({
          index: BigInt(index),
          statement: toStatementMessage(statement),
        })),
        nextPageToken,
      };
    },
  });
};
