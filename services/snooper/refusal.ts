import { Code, type ConnectError } from "@connectrpc/connect";
import { ContractError, parseStatement } from "#contract";
import { PreconditionFailureSchema } from "#gen/google/rpc/error_details_pb.ts";
import { DenialSchema } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { detailsOf, reasonOf } from "#mesh";

/** Why something was refused. */
export interface Refusal {
  /** `POLICY_REFUSED`; without a reason of the mesh the name of the gRPC status. */
  readonly reason: string;
  /** The clauses that were not met, or the place that was found broken, in words. */
  readonly explanation: string;
}

const violated = (error: ConnectError): readonly string[] =>
  detailsOf(error, PreconditionFailureSchema).flatMap(({ violations }) =>
    violations.map(({ type, description }) => `${type} ${description}`),
  );

/** The clauses of the signed denial. The attacker does not check who signed it: it only repeats what it was told. */
const deniedClauses = (error: ConnectError): readonly string[] =>
  detailsOf(error, DenialSchema).flatMap(({ denial }) => {
    if (denial === undefined) return [];
    try {
      return parseStatement("denial", denial.payload)
        .clauses.filter(({ met }) => !met)
        .map(({ claim, operator, expected, seen }) => `${claim} ${operator} ${expected}, seen ${seen ?? "nothing"}`);
    } catch (error) {
      if (error instanceof ContractError) return [`the denial is not readable: ${error.message}`];
      throw error;
    }
  });

/** The canonical name of a status: `PERMISSION_DENIED`. */
const statusName = (code: Code): string =>
  (Code[code] ?? "UNKNOWN").replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();

/** Reads a failed call. */
export const refusalOf = (error: ConnectError): Refusal => {
  const clauses = violated(error);
  const details = clauses.length > 0 ? clauses : deniedClauses(error);
  return {
    reason: reasonOf(error)?.reason ?? statusName(error.code),
    explanation: [error.rawMessage, ...details].join("; "),
  };
};
