// Asking a broker for keys, as an attacker can: with wrapped keys out of the storage, and with whatever evidence it has.
import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EvidenceSchema } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { KeyBroker, type ReleaseKeysRequestSchema } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { createRunKeys, releaseClaims } from "#platform";
import { partyOf } from "#contract";
import { callOptions, type AttackContext, type Target } from "./attack.ts";
import type { KnownQuery } from "./known-queries.ts";
import { readStructure } from "./sealed-structure.ts";
import { unprepared } from "./snooper-error.ts";
import { partPath, storedDatasets } from "./stored-datasets.ts";

type EvidenceInit = MessageInitShape<typeof EvidenceSchema>;
type KeysInit = NonNullable<MessageInitShape<typeof ReleaseKeysRequestSchema>["keys"]>;

/** The reasons with which evidence of nothing is refused. */
export const EVIDENCE_REFUSALS = {
  missing: ["EVIDENCE_MISSING", "REPORT_MALFORMED", "CERTIFICATE_MALFORMED", "CLAIMS_MALFORMED", "EVIDENCE_TLS_KEY"],
  forged: ["EVIDENCE_SIGNATURE"],
  foreignRoot: ["EVIDENCE_ROOT_UNTRUSTED"],
  replayed: ["EVIDENCE_PURPOSE", "EVIDENCE_AUDIENCE", "EVIDENCE_NONCE", "EVIDENCE_TLS_KEY"],
  rebound: ["EVIDENCE_REPORT_DATA"],
} as const;

/**
 * The wrapped footer key of a part of this party, as it stands in the clear in the storage: the only one a stranger can read, since those
 * of the columns lie inside the encrypted footer.
 *
 * @throws {SnooperError} ATTACK_UNPREPARED
 */
export const wrappedKeysOf = async (storage: string, party: string): Promise<KeysInit> => {
  const dataset = (await storedDatasets(storage)).find(({ manifest }) => partyOf(manifest.dataset) === party);
  const metadata = dataset === undefined ? null : (await readStructure(partPath(dataset, 0))).keyMetadata;
  if (dataset === undefined || metadata === null)
    throw unprepared(`no sealed part of ${party} lies in the storage`, { party });
  const { masterKeyId, wrapped } = metadata;
  const { dataset: name } = dataset.manifest;
  return [{ dataset: name, part: 0, target: { case: "footer", value: {} }, masterKeyId, wrappedKey: wrapped }];
};

/**
 * Asks a broker to release keys.
 *
 * @returns what was got, in words
 * @throws {ConnectError} the refusal
 */
export const askForKeys = async (
  context: AttackContext,
  broker: Target,
  request: { readonly evidence?: EvidenceInit; readonly keys: KeysInit },
): Promise<string> => {
  const { keyRelease } = await context.reach(broker, KeyBroker).releaseKeys(request, callOptions(context));
  return `${broker.label} released keys to a stranger, an answer of ${keyRelease.length} characters`;
};

/**
 * Claims of purpose `release` over a fresh nonce of the broker: the attacker's own RSA key, result key and TLS key, everything else as the
 * query's own workload would say it.
 */
export const ownReleaseClaims = async (
  context: AttackContext,
  broker: Target,
  { digest, name }: KnownQuery,
): Promise<Uint8Array> => {
  const { nonce, audience } = await context.reach(broker, KeyBroker).createChallenge({}, callOptions(context));
  const keys = await createRunKeys();
  try {
    return releaseClaims({
      nonce,
      audience,
      keys,
      tlsSpkiSha256: context.tlsSpkiSha256,
      contract: digest,
      query: name,
      run: randomBytes(16).toString("hex"),
    });
  } finally {
    keys.drop();
  }
};
