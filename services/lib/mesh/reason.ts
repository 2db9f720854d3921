import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { RpcError } from "./rpc-error.ts";

/** Why a call failed, as google.rpc.ErrorInfo says it. */
export interface Reason {
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reason of a failed call; `undefined` when it carries none (not one of ours, or no answer at all). */
export const reasonOf = (error: unknown): Reason | undefined => {
  if (error instanceof RpcError) return { reason: error.reason, domain: error.domain, metadata: error.metadata };
  const [info] = detailsOf(error, ErrorInfoSchema);
  return info === undefined ? undefined : { reason: info.reason, domain: info.domain, metadata: info.metadata };
};

/** The details of one message type that a failed call carries. */
export const detailsOf = <D extends DescMessage>(error: unknown, schema: D): readonly MessageShape<D>[] => {
  if (error instanceof ConnectError) return error.findDetails(schema);
  if (error instanceof RpcError)
    return error.details
      .filter(({ desc }) => desc.typeName === schema.typeName)
      .map(({ value }) => value as MessageShape<D>); // made by errorDetail from a descriptor of this type name
  return [];
};
