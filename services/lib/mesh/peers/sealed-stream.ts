// Reads sealed bytes from a provider over the mesh. A stream that breaks is taken up again at the first byte that is missing.
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, type Client } from "@connectrpc/connect";
import {
  ed25519KeyOf,
  fromHex,
  manifestDigest,
  MANIFEST_TYPE,
  parseManifest,
  verifyEnvelope,
  type Manifest,
} from "#sealing";
import type { DataProvider } from "#gen/sealmesh/provider/v1alpha1/provider_pb.ts";
import { meshError, RpcError } from "../rpc-error.ts";
import { PeerError } from "./peer-error.ts";
import type { ByteRange, ReadSealed } from "./sealed-dataset.ts";
import { toEnvelope } from "./statement-message.ts";

const MOST_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;
/** A stream that brings nothing for so long is given up and taken up again. */
const SILENCE_MS = 15_000;

const digestBytes = (digest: string): Uint8Array<ArrayBuffer> => fromHex(digest.slice("sha256:".length));

/**
 * Gets a manifest and checks it: the owner's signature, and that it is the one asked for.
 *
 * @param options.digest `sha256:` and 64 hex digits, as the contract names it
 * @param options.ownerKey `ed25519:…`, as the contract names it
 * @throws {PeerError} MANIFEST_MISMATCH
 */
export const fetchManifest = async (
  client: Client<typeof DataProvider>,
  options: {
    readonly dataset: string;
    readonly digest: string;
    readonly ownerKey: string;
    readonly signal: AbortSignal;
  },
): Promise<Manifest> => {
  const { dataset, digest, ownerKey, signal } = options;
  const { manifest: message } = await client.getManifest({ manifestDigest: digestBytes(digest) }, { signal });
  try {
    const keys = new Map([[ownerKey, ed25519KeyOf(ownerKey)]]);
    const payload = await verifyEnvelope(toEnvelope(message), { payloadType: MANIFEST_TYPE, keys, threshold: "all" });
    const manifest = parseManifest(payload);
    if ((await manifestDigest(payload)) !== digest || manifest.dataset !== dataset)
      throw new RangeError("another manifest");
    return manifest;
  } catch (cause) {
    throw new PeerError(
      "MANIFEST_MISMATCH",
      `the manifest of ${dataset} is not the one that its owner signed and the contract names`,
      { dataset, digest },
      { cause },
    );
  }
};

const isWorthRetrying = (error: unknown): boolean =>
  (error instanceof ConnectError && error.code === Code.Unavailable) ||
  (error instanceof RpcError && error.status === Code.Unavailable);

/** A stream that broke off without an answer, named as any peer that cannot be reached. */
const brokenOff = (peer: string, how: string, cause?: unknown): RpcError =>
  meshError("PEER_UNREACHABLE", Code.Unavailable, `the stream from ${peer} ${how}`, { metadata: { peer }, cause });

/** Aborts when the caller aborts, or when nothing was heard for a while; `heard` starts the wait anew. */
const silenceGuard = (signal: AbortSignal) => {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  let timer = setTimeout(giveUp, SILENCE_MS);
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE_MS);
    },
    isSilent: () => controller.signal.aborted,
    stop: () => clearTimeout(timer),
  };
};

const fill = async (
  client: Client<typeof DataProvider>,
  target: { readonly digest: string; readonly range: ByteRange; readonly bytes: Uint8Array; done: number },
  options: { readonly peer: string; readonly signal: AbortSignal; readonly onBytes: (count: number) => void },
): Promise<void> => {
  const { digest, range, bytes } = target;
  const guard = silenceGuard(options.signal);
  try {
    const request = {
      manifestDigest: digestBytes(digest),
      part: range.part,
      offset: BigInt(range.offset + target.done),
      length: BigInt(range.length - target.done),
    };
    for await (const { offset, data } of client.readSealed(request, { signal: guard.signal })) {
      guard.heard();
      if (Number(offset) !== range.offset + target.done || data.length > range.length - target.done) {
        throw new PeerError("RANGE_MISMATCH", `bytes at ${offset} came, want those at ${range.offset + target.done}`, {
          offset: `${offset}`,
          want: `${range.offset + target.done}`,
        });
      }
      bytes.set(data, target.done);
      target.done += data.length;
      options.onBytes(data.length);
    }
  } catch (error) {
    if (guard.isSilent() && !options.signal.aborted) throw brokenOff(options.peer, "fell silent", error);
    throw error;
  } finally {
    guard.stop();
  }
};

/** Which bytes, and who hears of them. */
export interface ProviderReading {
  /** `sha256:` of the manifest. */
  readonly digest: string;
  readonly peer: string;
  readonly signal: AbortSignal;
  readonly onBytes: (count: number) => void;
}

/**
 * Makes a reader of sealed ranges.
 *
 * @param options.peer how the provider is called in errors, such as `contoso/provider`
 * @param options.onBytes hears of every byte that arrives, once
 * @throws {PeerError} RANGE_MISMATCH when other bytes come than were asked for
 * @throws {ConnectError} what the provider answered
 * @throws {RpcError} PEER_UNREACHABLE when four attempts in a row brought nothing
 */
export const readFromProvider = (client: Client<typeof DataProvider>, options: ProviderReading): ReadSealed => {
  const { digest, peer, signal, onBytes } = options;
  return async (range) => {
    const target = { digest, range, bytes: new Uint8Array(range.length), done: 0 };
    for (let attempt = 1; ; attempt += 1) {
      const before = target.done;
      try {
        await fill(client, target, { peer, signal, onBytes });
        if (target.done === range.length) return target.bytes;
        throw brokenOff(peer, "ended early");
      } catch (error) {
        // Bytes that came in between mean that the provider is there: only attempts without any count.
        if (target.done > before) attempt = 1;
        if (signal.aborted || !isWorthRetrying(error) || attempt >= MOST_ATTEMPTS) throw error;
        await sleep(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2), undefined, { signal });
      }
    }
  };
};
