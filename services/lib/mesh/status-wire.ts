// An error on the wire: grpc-status, grpc-message and grpc-status-details-bin (google.rpc.Status).
import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { Metadata, status } from "@grpc/grpc-js";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "#gen/google/rpc/status_pb.ts";
import type { RpcError } from "./rpc-error.ts";

// gRPC clients refuse trailers over 8 KiB by default (grpc-java) or drop the call; base64 makes 4 bytes of 3.
const DETAILS_MAX_BYTES = 5_500;
const TEXT_MAX = 1_000;

const wireCode: Readonly<Record<Code, status>> = {
  [Code.Canceled]: status.CANCELLED,
  [Code.Unknown]: status.UNKNOWN,
  [Code.InvalidArgument]: status.INVALID_ARGUMENT,
  [Code.DeadlineExceeded]: status.DEADLINE_EXCEEDED,
  [Code.NotFound]: status.NOT_FOUND,
  [Code.AlreadyExists]: status.ALREADY_EXISTS,
  [Code.PermissionDenied]: status.PERMISSION_DENIED,
  [Code.ResourceExhausted]: status.RESOURCE_EXHAUSTED,
  [Code.FailedPrecondition]: status.FAILED_PRECONDITION,
  [Code.Aborted]: status.ABORTED,
  [Code.OutOfRange]: status.OUT_OF_RANGE,
  [Code.Unimplemented]: status.UNIMPLEMENTED,
  [Code.Internal]: status.INTERNAL,
  [Code.Unavailable]: status.UNAVAILABLE,
  [Code.DataLoss]: status.DATA_LOSS,
  [Code.Unauthenticated]: status.UNAUTHENTICATED,
};

/** What grpc-js sends for a failed call. */
export interface WireStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

const clip = (text: string): string => (text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…`);

const encode = (error: RpcError, details: RpcError["details"], metadata: Readonly<Record<string, string>>) =>
  toBinary(
    StatusSchema,
    create(StatusSchema, {
      code: error.status,
      message: clip(error.message),
      details: [
        anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: error.reason, domain: error.domain, metadata })),
        ...details.map(({ desc, value }) => anyPack(desc, value)),
      ],
    }),
  );

/** The encoded google.rpc.Status; when it would be too long for trailers, without what is longest, and saying so. */
const statusDetails = (error: RpcError): Uint8Array => {
  const whole = encode(error, error.details, error.metadata);
  if (whole.length <= DETAILS_MAX_BYTES) return whole;
  const omitted = { details_omitted: `${error.details.length}` };
  const clipped = Object.fromEntries(Object.entries(error.metadata).map(([name, value]) => [name, clip(value)]));
  const short = encode(error, [], { ...clipped, ...omitted });
  return short.length <= DETAILS_MAX_BYTES ? short : encode(error, [], omitted);
};

/** Turns an error into what grpc-js sends. */
export const toWireStatus = (error: RpcError): WireStatus => {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(statusDetails(error)));
  return { code: wireCode[error.status], details: clip(error.message), metadata };
};

/** The canonical name of a code, as in `PERMISSION_DENIED`. */
export const statusName = (code: Code): string => status[wireCode[code]];
