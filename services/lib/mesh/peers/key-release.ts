// A workload's side of a key release: asks an owner's broker with fresh evidence, and believes the answer only after it has
// checked it: the broker's signature by the contract's key, its own nonce, its own kid, and that the keys are those asked for.
import { create } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import * as v from "valibot";
import { WrappedDataKeySchema, type KeyBroker, type WrappedDataKey } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { evidenceFor, releaseClaims, type RunKeys, type SecureProcessor } from "#platform";
import { ed25519KeyOf, fromBase64Url, fromUtf8, parseCanonicalJson, utf8, verifyEd25519 } from "#sealing";
import { unwrapKeyHsm } from "#sealing-node";
import { toEvidenceMessage } from "./evidence-message.ts";
import { PeerError } from "./peer-error.ts";

/** A data key that is asked for, as a footer carries it. */
export interface WrappedKey {
  readonly dataset: string;
  readonly part: number;
  /** A column, or `footer`. */
  readonly column: string;
  readonly masterKeyId: string;
  readonly wrapped: Uint8Array;
}

/** The run and the workload that ask. */
export interface ReleaseContext {
  readonly processor: SecureProcessor;
  readonly runKeys: RunKeys;
  /** SHA-256 of this workload's TLS key; null when TLS is off. */
  readonly tlsSpkiSha256: Uint8Array | null;
  /** `sha256:` and 64 hex digits. */
  readonly contract: string;
  readonly query: string;
  readonly run: string;
}

/** The broker that is asked: its party and its key, from the contract. */
export interface AskedBroker {
  readonly client: Client<typeof KeyBroker>;
  readonly party: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

const headerSchema = v.strictObject({ alg: v.literal("EdDSA"), kid: v.string(), typ: v.literal("JWT") });
const payloadSchema = v.object({
  request: v.object({ enc: v.literal("RSA_AES_KEY_WRAP_256"), nonce: v.string() }),
  response: v.object({ key: v.object({ key: v.object({ key_hsm: v.string() }) }) }),
});
const keysSchema = v.strictObject({
  v: v.literal(1),
  keys: v.array(
    v.strictObject({ dataset: v.string(), version: v.number(), part: v.number(), column: v.string(), k: v.string() }),
  ),
});

const DATA_KEY_BYTES = 32;

const messageOf = ({ dataset, part, column, masterKeyId, wrapped }: WrappedKey): WrappedDataKey =>
  create(WrappedDataKeySchema, {
    dataset,
    part,
    target: column === "footer" ? { case: "footer", value: {} } : { case: "column", value: column },
    masterKeyId,
    wrappedKey: wrapped,
  });

const keyName = (place: { readonly dataset: string; readonly part: number; readonly column: string }): string =>
  `${place.dataset}/${place.part}/${place.column}`;

const openAnswer = async (jws: string, broker: AskedBroker, nonce: Uint8Array, keys: RunKeys): Promise<Uint8Array> => {
  const parts = jws.split(".");
  const [header, payload, signature] = parts;
  if (header === undefined || payload === undefined || signature === undefined || parts.length !== 3)
    throw new RangeError("not a compact JWS");
  const { kid } = v.parse(headerSchema, parseCanonicalJson(fromUtf8(fromBase64Url(header))));
  if (kid !== broker.key) throw new RangeError("signed by another key than the contract names");
  if (!(await verifyEd25519(ed25519KeyOf(kid), fromBase64Url(signature), utf8(`${header}.${payload}`)))) {
    throw new RangeError("the signature does not hold");
  }
  const { request, response } = v.parse(payloadSchema, parseCanonicalJson(fromUtf8(fromBase64Url(payload))));
  if (Buffer.compare(fromBase64Url(request.nonce), nonce) !== 0) throw new RangeError("made for another nonce");
  const keyHsm: unknown = JSON.parse(fromUtf8(fromBase64Url(response.key.key.key_hsm)));
  return unwrapKeyHsm({ keyHsm, privateKey: keys.encryptionKey(), kid: keys.encryptionJwk.kid });
};

/**
 * Obtains data keys from the broker of their owner. The caller overwrites them when it is done.
 *
 * @returns 32-byte data keys, by `<dataset>/<part>/<column>`
 * @throws {ConnectError} what the broker answered
 * @throws {PeerError} RELEASE_INVALID when the answer is not what was asked for
 */
export const obtainDataKeys = async (
  context: ReleaseContext,
  broker: AskedBroker,
  wanted: readonly WrappedKey[],
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const { client, signal } = broker;
  const { nonce, audience } = await client.createChallenge({}, { signal });
  const own = `${broker.party}/broker:${broker.key}`;
  if (audience !== own)
    throw new PeerError("RELEASE_INVALID", `the broker calls itself ${audience}, the contract ${own}`, {
      audience,
      want: own,
    });
  const claims = releaseClaims({
    audience,
    nonce,
    tlsSpkiSha256: context.tlsSpkiSha256,
    keys: context.runKeys,
    contract: context.contract,
    query: context.query,
    run: context.run,
  });
  const evidence = toEvidenceMessage(await evidenceFor(context.processor, claims));
  const { keyRelease } = await client.releaseKeys({ evidence, keys: wanted.map(messageOf) }, { signal });

  let payload: Uint8Array | undefined;
  try {
    payload = await openAnswer(keyRelease, broker, nonce, context.runKeys);
    const { keys } = v.parse(keysSchema, parseCanonicalJson(fromUtf8(payload)));
    const released = new Map(keys.map((key) => [keyName(key), fromBase64Url(key.k)]));
    const isComplete =
      released.size === wanted.length && wanted.every((key) => released.get(keyName(key))?.length === DATA_KEY_BYTES);
    if (!isComplete) throw new RangeError("the keys are not those asked for");
    return released;
  } catch (cause) {
    // The cause is for the log: nothing of an answer that is not believed is shown to a caller.
    throw new PeerError(
      "RELEASE_INVALID",
      `the answer of ${broker.party}'s broker is not a release for this request`,
      { party: broker.party },
      { cause },
    );
  } finally {
    payload?.fill(0);
  }
};
