// What a peer answered, passed on as it is: the caller of an analysis learns which clause a broker found unmet, in the broker's own words
// and with its signed denial.
import { Code, ConnectError } from "@connectrpc/connect";
import { PreconditionFailureSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { DenialSchema } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { detailsOf, reasonOf } from "../reason.ts";
import { errorDetail, RpcError } from "../rpc-error.ts";
import type { StatusTable } from "../status-table.ts";

/** A peer's own bug says nothing to anyone but us, and silence is no answer. */
const unspoken: ReadonlySet<Code> = new Set([Code.Internal, Code.Unknown, Code.Unimplemented, Code.DeadlineExceeded]);

const passedDetails = [PreconditionFailureSchema, RetryInfoSchema, DenialSchema] as const;

/** Maps the answers of services of this mesh; other failures of a call are not its. */
export const peerAnswers: StatusTable = (error) => {
  if (!(error instanceof ConnectError) || unspoken.has(error.code)) return undefined;
  const found = reasonOf(error);
  if (found === undefined || !found.domain.endsWith(".sealmesh")) return undefined;
  return new RpcError({
    ...found,
    status: error.code,
    message: error.rawMessage,
    details: passedDetails.flatMap((schema) => detailsOf(error, schema).map((value) => errorDetail(schema, value))),
    cause: error,
  });
};
