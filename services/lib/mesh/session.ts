// HTTP/2 connections to one target, with what connect-node does not do by itself: the connection's flow-control window
// (raised alone, the streams' windows do nothing), the pinned key, and another try when nothing answers.
import { timingSafeEqual } from "node:crypto";
import type { ClientHttp2Session, SecureClientSessionOptions } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { checkServerIdentity } from "node:tls";
import { Http2SessionManager, type GrpcTransportOptions } from "@connectrpc/connect-node";
import { connectionFailure, isTransient, PeerKeyError } from "./peer-failure.ts";
import { certificateSpkiSha256 } from "./spki.ts";
import { labelOf, type MeshTarget } from "./target.ts";

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/** The connections to one target. */
export interface Sessions {
  readonly manager: SessionManager;
  readonly baseUrl: string;
  /** SHA-256 of the SubjectPublicKeyInfo that the peer presented last; absent before the first connection and without TLS. */
  peerSpkiSha256(): Uint8Array | undefined;
  close(): void;
}

const WINDOW_BYTES = 4 * 1024 * 1024;
// In MB. The default of 10 ends connections that have a few large messages under way.
const SESSION_MEMORY_MB = 1_000;
const PING_INTERVAL_MS = 30_000;
const PING_TIMEOUT_MS = 10_000;
const IDLE_MS = 5 * 60_000;
const RETRY_DELAYS_MS = [100, 400] as const;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Opens nothing yet: a connection is made when a call needs one. `pinFirstKey` pins the first key seen when none is given. */
export const createSessions = (target: MeshTarget, { pinFirstKey }: { readonly pinFirstKey: boolean }): Sessions => {
  const { tls } = target;
  const given = "off" in tls ? undefined : tls.spkiSha256;
  let presented: Uint8Array | undefined;

  const checkPeer: SecureClientSessionOptions["checkServerIdentity"] = (_, certificate) => {
    const wrongName = checkServerIdentity(target.serverName, certificate);
    if (wrongName !== undefined) return wrongName;
    const seen = certificateSpkiSha256(certificate.raw);
    const pinned = given ?? (pinFirstKey ? presented : undefined);
    if (pinned !== undefined && (pinned.length !== seen.length || !timingSafeEqual(pinned, seen)))
      return new PeerKeyError(`${labelOf(target)} presented the key ${hex(seen)}, want ${hex(pinned)}`);
    presented = seen;
    return undefined;
  };
  const common = { maxSessionMemory: SESSION_MEMORY_MB, settings: { initialWindowSize: WINDOW_BYTES } };
  const options =
    "off" in tls
      ? common
      : {
          ...common,
          ca: tls.ca,
          ...(tls.identity === undefined ? {} : { key: tls.identity.key, cert: tls.identity.certificate }),
          servername: target.serverName,
          checkServerIdentity: checkPeer,
          minVersion: "TLSv1.3" as const,
          rejectUnauthorized: true,
        };
  const baseUrl = `${"off" in tls ? "http" : "https"}://${target.address}`;
  const ping = { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PING_TIMEOUT_MS, idleConnectionTimeoutMs: IDLE_MS };
  const connections = new Http2SessionManager(baseUrl, ping, options);

  const widened = new WeakSet<ClientHttp2Session>();
  const open: SessionManager["request"] = async (...request) => {
    const stream = await connections.request(...request);
    const session = stream.session as ClientHttp2Session | undefined; // a client's stream has a client's session, until it is destroyed
    if (session !== undefined && !widened.has(session)) {
      session.setLocalWindowSize(WINDOW_BYTES);
      widened.add(session);
    }
    return stream;
  };
  const manager: SessionManager = {
    authority: connections.authority,
    notifyResponseByteRead: (stream) => connections.notifyResponseByteRead(stream),
    request: async (...request) => {
      for (const wait of RETRY_DELAYS_MS) {
        try {
          return await open(...request);
        } catch (error) {
          // Nothing was sent, so that every call may be tried again.
          if (!isTransient(error)) throw connectionFailure(target, error);
          await delay(wait * (0.75 + Math.random() / 2));
        }
      }
      return open(...request).catch((error: unknown) => {
        throw connectionFailure(target, error);
      });
    },
  };
  return { manager, baseUrl, peerSpkiSha256: () => presented, close: () => connections.abort() };
};
