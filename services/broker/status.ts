// Which canonical status each refusal of a broker is, and what goes with it. Total: a new code without a row does not compile.
import { Code } from "@connectrpc/connect";
import type { ClauseOutcome } from "#contract";
import { PreconditionFailureSchema } from "#gen/google/rpc/error_details_pb.ts";
import { DenialSchema } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { errorDetail, libraryErrors, statusTable, toStatementMessage, type ErrorDetail, type StatusTable } from "#mesh";
import { BrokerError, type BrokerCode } from "./broker-error.ts";
import { DenialError } from "./denial-error.ts";

const domain = "broker.sealmesh";

const brokerCodes: Readonly<Record<BrokerCode, Code>> = {
  KEY_REQUEST_MALFORMED: Code.InvalidArgument,
  STATEMENT_MALFORMED: Code.InvalidArgument,
  NONCE_UNKNOWN: Code.FailedPrecondition,
  NONCE_STALE: Code.FailedPrecondition,
  CONTRACT_UNKNOWN: Code.NotFound,
  CONTRACT_RETIRED: Code.FailedPrecondition,
  CONTRACT_EXPIRED: Code.FailedPrecondition,
  CONTRACT_NOT_YET_VALID: Code.FailedPrecondition,
  CONTRACT_REVOKED: Code.FailedPrecondition,
  CONTRACT_VERSION_OLD: Code.FailedPrecondition,
  CONTRACT_HARDWARE_MISMATCH: Code.FailedPrecondition,
  MANIFEST_UNKNOWN: Code.FailedPrecondition,
  BROKER_KEY_MISMATCH: Code.FailedPrecondition,
  QUERY_UNKNOWN: Code.NotFound,
  CONSENT_MISSING: Code.PermissionDenied,
  POLICY_REFUSED: Code.PermissionDenied,
  COLUMN_NOT_IN_QUERY: Code.PermissionDenied,
  RECIPIENT_UNSUPPORTED: Code.PermissionDenied,
};

const violation = ({ pointer, claim, operator, expected, seen }: ClauseOutcome) => ({
  type: claim,
  subject: pointer,
  description: `${operator} ${expected}, seen ${seen ?? "nothing"}`,
});

const signedDenial = ({ statement }: Pick<DenialError, "statement">): readonly ErrorDetail[] =>
  statement === undefined ? [] : [errorDetail(DenialSchema, { denial: toStatementMessage(statement) })];

/** Every failed clause, and the signed denial. */
const denialDetails = ({ clauses, statement }: DenialError): readonly ErrorDetail[] => [
  errorDetail(PreconditionFailureSchema, { violations: clauses.filter(({ met }) => !met).map(violation) }),
  ...signedDenial({ statement }),
];

/** How every domain error of a broker goes over the wire. */
export const brokerErrors: readonly StatusTable[] = [
  statusTable(BrokerError, brokerCodes, domain, { details: signedDenial }),
  statusTable(DenialError, { POLICY_REFUSED: Code.PermissionDenied }, domain, { details: denialDetails }),
  ...libraryErrors,
];
