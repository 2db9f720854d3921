// Which canonical status each error of the libraries is. Total tables: a new code without a row does not compile.
import { Code } from "@connectrpc/connect";
import { AttestationError, codeKind, type AttestationCode } from "#attestation";
import { ContractError, PolicyError } from "#contract";
import { PlatformError } from "#platform";
import { SealingError } from "#sealing";
import { peerAnswers } from "./peers/peer-answer.ts";
import { PeerError } from "./peers/peer-error.ts";
import { statusTable, type StatusTable } from "./status-table.ts";

const statusOfKind = {
  malformed: Code.InvalidArgument,
  unverifiable: Code.Unauthenticated,
  incomplete: Code.Internal,
  unavailable: Code.Unavailable,
} as const;

const attestationCodes = Object.fromEntries(
  Object.entries(codeKind).map(([code, kind]) => [code, statusOfKind[kind]]),
) as Readonly<Record<AttestationCode, Code>>; // codeKind is total over the codes

/** How errors of the libraries and answers of peers go over the wire, whichever service throws them. */
export const libraryErrors: readonly StatusTable[] = [
  statusTable(AttestationError, attestationCodes, "attestation.sealmesh"),
  statusTable(
    ContractError,
    {
      CONTRACT_MALFORMED: Code.InvalidArgument,
      STATEMENT_MALFORMED: Code.InvalidArgument,
      STATEMENT_UNSIGNED: Code.PermissionDenied,
      RESULT_MALFORMED: Code.InvalidArgument,
      RESULT_MISMATCH: Code.InvalidArgument,
      QUERY_UNKNOWN: Code.NotFound,
      WORKLOAD_UNKNOWN: Code.FailedPrecondition,
    },
    "contract.sealmesh",
  ),
  statusTable(
    PolicyError,
    { POLICY_MALFORMED: Code.FailedPrecondition, OPERATOR_UNSUPPORTED: Code.FailedPrecondition },
    "contract.sealmesh",
  ),
  statusTable(
    SealingError,
    {
      SEAL_BROKEN: Code.DataLoss,
      SEAL_UNSUPPORTED: Code.DataLoss,
      MANIFEST_MALFORMED: Code.DataLoss,
      MANIFEST_FOOTER_MISMATCH: Code.DataLoss,
      MANIFEST_PART_MISMATCH: Code.DataLoss,
      SCHEMA_INVALID: Code.InvalidArgument,
      VALUE_INVALID: Code.InvalidArgument,
      LIMIT_EXCEEDED: Code.InvalidArgument,
      ENCODING_MALFORMED: Code.InvalidArgument,
      JSON_NOT_CANONICAL: Code.InvalidArgument,
      ENVELOPE_MALFORMED: Code.InvalidArgument,
      SIGNATURE_INVALID: Code.PermissionDenied,
      KEY_MALFORMED: Code.InvalidArgument,
      KEY_UNWRAP_FAILED: Code.DataLoss,
    },
    "sealing.sealmesh",
  ),
  statusTable(
    PlatformError,
    {
      CLAIMS_INVALID: Code.Internal,
      FRAME_INVALID: Code.Internal,
      REPORT_DATA_INVALID: Code.Internal,
      REPORT_UNAVAILABLE: Code.Unavailable,
      REPORT_DISTURBED: Code.Unavailable,
      REPORT_MISMATCH: Code.Internal,
      SOURCE_UNSUITABLE: Code.Internal,
      COLLATERAL_UNUSABLE: Code.Internal,
      COLLATERAL_STALE: Code.Unavailable,
      RUN_KEYS_DROPPED: Code.Canceled,
    },
    "platform.sealmesh",
  ),
  statusTable(
    PeerError,
    {
      RELEASE_INVALID: Code.PermissionDenied,
      CONTRACT_UNKNOWN: Code.NotFound,
      CONTRACT_ENDED: Code.FailedPrecondition,
      CONSENT_MISSING: Code.PermissionDenied,
      QUERY_UNKNOWN: Code.NotFound,
      PROVIDER_REFUSED: Code.PermissionDenied,
      MANIFEST_MISMATCH: Code.DataLoss,
      PARTY_UNKNOWN: Code.FailedPrecondition,
      BROKER_MISMATCH: Code.PermissionDenied,
      RANGE_MISMATCH: Code.DataLoss,
    },
    "mesh.sealmesh",
  ),
  peerAnswers,
];
