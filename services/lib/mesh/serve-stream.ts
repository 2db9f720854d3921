import { EventEmitter, once } from "node:events";
import type { handleServerStreamingCall, ServerWritableStream } from "@grpc/grpc-js";
import { openCall } from "./call-context.ts";
import type { MeshMethod } from "./mesh-service.ts";
import type { Codec, ServeOptions } from "./mount.ts";
import { toWireStatus } from "./status-wire.ts";

type Handle = Extract<MeshMethod, { kind: "server_streaming" }>["handle"];
type Call = ServerWritableStream<Uint8Array, Uint8Array>;

/** Bytes that may wait for the reader's flow-control window before the handler is asked for more. */
const WAITING_MAX_BYTES = 1024 * 1024;

/**
 * Writes messages no faster than the reader takes them. grpc-js counts messages, 16 of them, whatever their size; this
 * counts bytes.
 */
const createPacedWriter = (call: Call, signal: AbortSignal) => {
  const taken = new EventEmitter();
  const state = { waiting: 0 };
  return async (bytes: Buffer): Promise<void> => {
    state.waiting += bytes.length;
    call.write(bytes, () => {
      state.waiting -= bytes.length;
      taken.emit("bytes");
    });
    while (state.waiting > WAITING_MAX_BYTES) await once(taken, "bytes", { signal });
  };
};

/** Serves a server-streaming method. */
export const streamHandler =
  (handle: Handle, codec: Codec, options: ServeOptions): handleServerStreamingCall<Uint8Array, Uint8Array> =>
  (call) => {
    const { context, close } = openCall(call, codec.name, undefined);
    const { signal } = context;
    const write = createPacedWriter(call, signal);

    const run = async (): Promise<void> => {
      try {
        const messages = handle(codec.decode(call.request), context)[Symbol.asyncIterator]();
        // A generator that waits for something gets its return only when that wait is over; other iterables at once.
        signal.addEventListener("abort", () => {
          messages.return?.().catch(() => undefined);
        });
        for (let step = await messages.next(); step.done !== true; step = await messages.next()) {
          if (signal.aborted) break;
          await write(codec.encode(step.value));
        }
        signal.throwIfAborted();
        close();
        call.end();
      } catch (error) {
        close();
        const failure = options.toRpcError(signal.aborted ? signal.reason : error);
        options.onFailure(codec.name, failure);
        // grpc-js has ended an aborted call itself. Otherwise the messages written so far go out before the status.
        if (!signal.aborted) call.emit("error", toWireStatus(failure));
      }
    };
    options.onRunning(run());
  };
