import { toBinary, type DescFile } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { file_google_rpc_error_details } from "#gen/google/rpc/error_details_pb.ts";
import { file_google_rpc_status } from "#gen/google/rpc/status_pb.ts";
import { healthDescriptor } from "./health-descriptor.ts";
import type { MeshService } from "./mesh-service.ts";

/** A file and all that it imports, imports first. */
const withImports = (file: DescFile, seen: Set<DescFile>): void => {
  if (seen.has(file)) return;
  for (const dependency of file.dependencies) withImports(dependency, seen);
  seen.add(file);
};

/**
 * Adds grpc.reflection v1 and v1alpha, so that grpcurl needs nothing but an address.
 *
 * The package drops options that it does not know: a `caller` option does not show in what it answers.
 */
export const addReflection = (server: Server, services: readonly MeshService[]): void => {
  const files = new Set<DescFile>();
  for (const { desc } of services) withImports(desc.file, files);
  // No RPC names them: they are the details of errors, which a client without our protos could not read otherwise.
  for (const file of [file_google_rpc_error_details, file_google_rpc_status]) withImports(file, files);
  const ours = [...files].map((file) => toBinary(FileDescriptorProtoSchema, file.proto));
  // The package wants what proto-loader makes of a proto file, and of that reads the descriptors only.
  const loaded = {
    format: "Protocol Buffer 3 EnumDescriptorProto" as const,
    type: {},
    fileDescriptorProtos: [...ours, ...healthDescriptor()].map((bytes) => Buffer.from(bytes)),
  };
  new ReflectionService({ loaded }).addToServer(server);
};
