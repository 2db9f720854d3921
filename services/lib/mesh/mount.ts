// From a mesh service to grpc-js: bytes in, bytes out. Messages are decoded and encoded here, not by grpc-js, so that a
// malformed request has a reason, and so that the bytes waiting for a slow reader can be counted.
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Server, ServiceDefinition, UntypedHandleCall } from "@grpc/grpc-js";
import { methodName, type MeshService } from "./mesh-service.ts";
import { meshError, type RpcError } from "./rpc-error.ts";
import { streamHandler } from "./serve-stream.ts";
import { unaryHandler } from "./serve-unary.ts";

/** What serving a call needs besides its handler. */
export interface ServeOptions {
  /** Turns whatever a handler threw into what is sent. */
  readonly toRpcError: (error: unknown) => RpcError;
  /** Told of every failed call, once. */
  readonly onFailure: (method: string, error: RpcError) => void;
  /** Told of every running handler; the promise settles, never rejects, when the handler is done. */
  readonly onRunning: (done: Promise<void>) => void;
  /** Deadline of unary calls that carry none. */
  readonly unaryTimeoutMs: number;
}

/** Decodes and encodes the messages of one method. */
export interface Codec {
  readonly name: string;
  decode(bytes: Uint8Array): ReturnType<typeof fromBinary>;
  encode(value: MessageInitShape<DescMessage>): Buffer;
}

const codecOf = (method: DescMethod): Codec => ({
  name: methodName(method),
  decode: (bytes) => {
    try {
      return fromBinary(method.input, bytes);
    } catch (cause) {
      const type = method.input.typeName;
      throw meshError("REQUEST_MALFORMED", Code.InvalidArgument, `the request is not a ${type}`, {
        metadata: { type },
        cause,
      });
    }
  },
  encode: (value) => {
    const bytes = toBinary(method.output, create(method.output, value));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  },
});

const asIs = (bytes: Buffer): Buffer => bytes;

/** Mounts a service on a grpc-js server. */
export const mount = (server: Server, { methods }: MeshService, options: ServeOptions): void => {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const handlers: Record<string, UntypedHandleCall> = {};
  for (const method of methods) {
    const codec = codecOf(method.desc);
    definition[method.desc.name] = {
      path: `/${codec.name}`,
      requestStream: false,
      responseStream: method.kind === "server_streaming",
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    handlers[method.desc.name] =
      method.kind === "unary"
        ? unaryHandler(method.handle, codec, options)
        : streamHandler(method.handle, codec, options);
  }
  server.addService(definition, handlers);
};
