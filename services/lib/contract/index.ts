// The door of the contract: what owners agree on, who signed it, what policy and words come of it. Values in, values
// out: no Node.
export { checkContract } from "./check-contract.ts";
export { classOf, columnsOf, labelOf, ownersOf, partyOf, queryOf, sourceOf } from "./columns.ts";
export { composeContract, parseContractTemplate } from "./compose-contract.ts";
export { cosignContract, signContract, signRevocation, verifyConsent, verifyRevocation } from "./consent.ts";
export { ContractError } from "./contract-error.ts";
export { PARTY } from "./contract.ts";
export { describeQuery } from "./describe-query.ts";
export { checkOperators, evaluatePolicy } from "./evaluate-policy.ts";
export { explainContract, explainSections } from "./explain-contract.ts";
export { contractDigest, contractPayload, parseContract, parseContractYaml, toContract } from "./parse-contract.ts";
export { PolicyError } from "./policy-error.ts";
export { payloadOf } from "./payload-of.ts";
export { proveResult } from "./prove-result.ts";
export { authorityOf, releasePolicy } from "./query-policy.ts";
export { referenceValuesOf, trustedRootsOf, workloadOf } from "./reference-values.ts";
export { operators, parseReleasePolicy } from "./release-policy.ts";
export { parseResult, resultDocument } from "./result.ts";
export { CONTRACT_TYPE, parseStatement, statementPayload, statementTypes } from "./statements.ts";
export { checkResultStatement, verifyResult } from "./verify-result.ts";

export type { ContractFacts, ContractTemplate } from "./compose-contract.ts";
export type { Consent, OwnKeys } from "./consent.ts";
export type { ContractCode, Problem } from "./contract-error.ts";
export type {
  AggregateQuery,
  AmdProduct,
  Broker,
  Contract,
  Dataset,
  Grouping,
  Measure,
  NestedOutput,
  Output,
  Party,
  Privacy,
  Query,
  Recipients,
  RecordsQuery,
  TcbFloor,
  Workload,
} from "./contract.ts";
export type { ClauseOutcome, PolicyOutcome } from "./evaluate-policy.ts";
export type { ExplainedSection } from "./explain-contract.ts";
export type { PolicyCode } from "./policy-error.ts";
export type { ProofStep, ProofStepName, ResultAnchor, ResultProof } from "./prove-result.ts";
export type { Authority, Clause, Condition, Group, Operator, ReleasePolicy } from "./release-policy.ts";
export type { Result, ResultCell, ResultDocument, ResultEvidence, ResultRow } from "./result.ts";
export type {
  Activation,
  Denial,
  Refusals,
  Release,
  ResultStatement,
  Revocation,
  StatementKind,
  Statements,
} from "./statements.ts";
export type { BoundResult } from "./verify-result.ts";
