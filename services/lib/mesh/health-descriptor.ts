import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, type DescriptorProto } from "@bufbuild/protobuf/wkt";
import { service } from "grpc-health-check";

/** `statuses` → `StatusesEntry`, as protoc names the entry of a map. */
const entryName = (field: string): string =>
  `${field.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Entry`;

/** Names the entries of maps as protoc does: clients that check descriptors refuse other names. */
const renameMapEntries = (message: DescriptorProto): void => {
  for (const entry of message.nestedType.filter(({ options }) => options?.mapEntry === true)) {
    const field = message.field.find(({ typeName }) => typeName === entry.name);
    if (field === undefined) continue;
    entry.name = entryName(field.name);
    field.typeName = entry.name;
  }
};

/** The descriptor of grpc.health.v1 as the health package has it, made acceptable: proto-loader misnames map entries. */
export const healthDescriptor = (): readonly Uint8Array[] =>
  (service["Check"]?.requestType.fileDescriptorProtos ?? []).map((bytes) => {
    const file = fromBinary(FileDescriptorProtoSchema, bytes);
    file.messageType.forEach(renameMapEntries);
    return toBinary(FileDescriptorProtoSchema, file);
  });
