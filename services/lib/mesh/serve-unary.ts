import type { handleUnaryCall } from "@grpc/grpc-js";
import { openCall } from "./call-context.ts";
import type { MeshMethod } from "./mesh-service.ts";
import type { Codec, ServeOptions } from "./mount.ts";
import { toWireStatus } from "./status-wire.ts";

type Handle = Extract<MeshMethod, { kind: "unary" }>["handle"];

/**
 * Serves a unary method. The caller is answered when the handler is done or when the deadline passes, whichever is
 * first; a handler that ignores its signal goes on, but nobody waits for it.
 */
export const unaryHandler =
  (handle: Handle, codec: Codec, options: ServeOptions): handleUnaryCall<Uint8Array, Uint8Array> =>
  (call, callback) => {
    const { context, close } = openCall(call, codec.name, options.unaryTimeoutMs);
    let answered = false;
    const fail = (error: unknown): void => {
      if (answered) return;
      answered = true;
      close();
      const failure = options.toRpcError(context.signal.aborted ? context.signal.reason : error);
      options.onFailure(codec.name, failure);
      callback(toWireStatus(failure));
    };
    context.signal.addEventListener("abort", fail);

    const run = async (): Promise<void> => {
      try {
        const bytes = codec.encode(await handle(codec.decode(call.request), context));
        if (answered) return;
        answered = true;
        close();
        callback(null, bytes);
      } catch (error) {
        fail(error);
      }
    };
    options.onRunning(run());
  };
