// Signed statements: DSSE v1 envelopes (https://github.com/secure-systems-lab/dsse) with Ed25519.
import * as v from "valibot";
import { concat, fromBase64, toBase64, utf8 } from "./bytes.ts";
import { ed25519KeyOf, ed25519TextOf, verifyEd25519 } from "./ed25519.ts";
import { SealingError } from "./errors.ts";

/** A payload with signatures over it. */
export interface Envelope {
  readonly payloadType: string;
  /** Padded standard base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Whoever signs: the private key stays with it. */
export interface EnvelopeSigner {
  /** `ed25519:<base64url>` of the public key. */
  readonly keyId: string;
  /** Signs bytes with Ed25519; 64 bytes come back. */
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
}

/** Whose signatures an envelope needs. */
export interface EnvelopeRequirement {
  readonly payloadType: string;
  /** Raw 32-byte public keys under their text forms. Signatures of other keys do not count. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** How many of the keys must have signed. */
  readonly threshold: number | "all";
}

const MAX_SIGNATURES = 64;

const envelopeSchema = v.strictObject({
  payloadType: v.pipe(v.string(), v.nonEmpty()),
  payload: v.string(),
  signatures: v.pipe(
    v.array(v.strictObject({ keyid: v.string(), sig: v.string() })),
    v.minLength(1),
    v.maxLength(MAX_SIGNATURES),
  ),
});

/** What is signed: DSSE's pre-authentication encoding. */
const preAuthenticationEncoding = (payloadType: string, payload: Uint8Array): Uint8Array<ArrayBuffer> =>
  concat(utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${payload.length} `), payload);

/** Signs a payload. More signatures come by `addSignature`. */
export const signEnvelope = async (
  payloadType: string,
  payload: Uint8Array,
  signer: EnvelopeSigner,
): Promise<Envelope> => addSignature({ payloadType, payload: toBase64(payload), signatures: [] }, signer);

/**
 * Adds one signer's signature to an envelope, in place of an earlier one of the same key.
 *
 * @throws SealingError ENCODING_MALFORMED when the payload is not base64
 */
export const addSignature = async (envelope: Envelope, signer: EnvelopeSigner): Promise<Envelope> => {
  const signed = preAuthenticationEncoding(envelope.payloadType, fromBase64(envelope.payload));
  const signature = { keyid: signer.keyId, sig: toBase64(await signer.sign(signed)) };
  return {
    ...envelope,
    signatures: [...envelope.signatures.filter(({ keyid }) => keyid !== signer.keyId), signature],
  };
};

/**
 * Parses an envelope from JSON text or from what JSON.parse made of it. Nothing is verified.
 *
 * @throws SealingError ENVELOPE_MALFORMED naming the member
 */
export const parseEnvelope = (json: unknown): Envelope => {
  let value = json;
  if (typeof json === "string") {
    try {
      value = JSON.parse(json);
    } catch (cause) {
      throw new SealingError("ENVELOPE_MALFORMED", "envelope is not json", {}, { cause });
    }
  }
  const parsed = v.safeParse(envelopeSchema, value);
  if (parsed.success) return parsed.output;
  const path = v.getDotPath(parsed.issues[0]) ?? "";
  throw new SealingError("ENVELOPE_MALFORMED", `envelope ${path}: ${parsed.issues[0].message}`, { path });
};

const decoded = (text: string, member: string): Uint8Array<ArrayBuffer> => {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw new SealingError("ENVELOPE_MALFORMED", `envelope ${member} is not base64`, { path: member }, { cause });
  }
};

const requiredCount = ({ keys, threshold }: EnvelopeRequirement): number => {
  for (const [keyId, raw] of keys)
    if (ed25519TextOf(raw) !== keyId)
      throw new SealingError("KEY_MALFORMED", `key ${keyId} is not the text of its own bytes`);
  const count = threshold === "all" ? keys.size : threshold;
  if (!Number.isSafeInteger(count) || count < 1 || count > keys.size)
    throw new RangeError(`threshold is ${threshold} of ${keys.size} keys, want at least 1 and at most all`);
  return count;
};

/**
 * Verifies an envelope: its payload type, and that enough of the given keys signed. Each key counts once. A signature that
 * names one of the keys and does not hold is an error even if others suffice.
 *
 * @returns the payload, now authentic
 * @throws SealingError SIGNATURE_INVALID, ENVELOPE_MALFORMED, KEY_MALFORMED
 */
export const verifyEnvelope = async (
  envelope: Envelope,
  requirement: EnvelopeRequirement,
): Promise<Uint8Array<ArrayBuffer>> => {
  const required = requiredCount(requirement);
  const { payloadType, keys } = requirement;
  if (envelope.payloadType !== payloadType)
    throw new SealingError("SIGNATURE_INVALID", `payload type is ${envelope.payloadType}, want ${payloadType}`);
  const payload = decoded(envelope.payload, "payload");
  const signed = preAuthenticationEncoding(payloadType, payload);
  const valid = new Set<string>();
  for (const [index, { keyid, sig }] of envelope.signatures.entries()) {
    if (!keys.has(keyid)) continue;
    if (!(await verifyEd25519(ed25519KeyOf(keyid), decoded(sig, `signatures.${index}.sig`), signed)))
      throw new SealingError("SIGNATURE_INVALID", `signature of ${keyid} does not hold`, { keyid });
    valid.add(keyid);
  }
  if (valid.size < required)
    throw new SealingError("SIGNATURE_INVALID", `${valid.size} of the keys signed, want ${required}`);
  return payload;
};
