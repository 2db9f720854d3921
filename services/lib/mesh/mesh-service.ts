import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallContext } from "./call-context.ts";

/** Serves one unary call. */
export type UnaryHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => Promise<MessageInitShape<O>>;

/** Serves one server-streaming call. When the caller leaves, the iterable is returned: a generator's `finally` runs. */
export type StreamHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => AsyncIterable<MessageInitShape<O>>;

type HandlerOf<M> =
  M extends DescMethodUnary<infer I, infer O>
    ? UnaryHandler<I, O>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? StreamHandler<I, O>
      : never;

/** A handler for every method of a service. Methods that stream requests cannot be served: browsers cannot call them. */
export type ServiceHandlers<S extends DescService> = { readonly [K in keyof S["method"]]: HandlerOf<S["method"][K]> };

/** A method with its handler, message types forgotten. */
export type MeshMethod =
  | {
      readonly kind: "unary";
      readonly desc: DescMethod;
      readonly handle: (request: Message, context: CallContext) => Promise<Message>;
    }
  | {
      readonly kind: "server_streaming";
      readonly desc: DescMethod;
      readonly handle: (request: Message, context: CallContext) => AsyncIterable<Message>;
    };

/** A service ready to be mounted on a server. */
export interface MeshService {
  readonly desc: DescService;
  readonly methods: readonly MeshMethod[];
}

/** `sealmesh.broker.v1alpha1.KeyBroker/ReleaseKeys`: how a method is named in limits, logs and contexts. */
export const methodName = (desc: DescMethod): string => `${desc.parent.typeName}/${desc.name}`;

/**
 * Binds handlers to a generated service descriptor.
 *
 * @throws {TypeError} when a method streams requests
 */
export const meshService = <S extends DescService>(desc: S, handlers: ServiceHandlers<S>): MeshService => {
  const byName = handlers as Readonly<Record<string, unknown>>; // ServiceHandlers has one function per local name
  return {
    desc,
    methods: desc.methods.map((method): MeshMethod => {
      const handle = byName[method.localName];
      const kind = method.methodKind;
      if (typeof handle !== "function") throw new TypeError(`${methodName(method)} has no handler`);
      if (kind !== "unary" && kind !== "server_streaming")
        throw new TypeError(`${methodName(method)} streams requests, which this mesh does not serve`);
      return { kind, desc: method, handle: handle.bind(handlers) as never }; // HandlerOf has proved the pairing of kind and handler
    }),
  };
};
