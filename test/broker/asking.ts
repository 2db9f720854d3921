// A workload that asks a broker for keys: rightly, or wrong in one way that a test chooses.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { DenialSchema, type ReleaseKeysRequestSchema } from "#gen/sealmesh/broker/v1alpha1/broker_pb.ts";
import { PreconditionFailureSchema } from "#gen/google/rpc/error_details_pb.ts";
import { detailsOf, obtainDataKeys, reasonOf, toEnvelope, toEvidenceMessage } from "#mesh";
import {
  createRunKeys,
  evidenceFor,
  releaseClaims,
  type PlatformEvidence,
  type ReleaseClaimsInput,
  type RunKeys,
  type SecureProcessor,
} from "#platform";
import { fromBase64, openFooter, parseEnvelope, parseManifest, type Envelope } from "#sealing";
import { nodeCipher, nodeZstd, partFileName } from "#sealing-node";
import { createGuest, type LaunchDocuments } from "../../services/launcher/host/guest.ts";
import type { BrokerUnderTest } from "./broker-under-test.ts";
import type { Scene } from "./scene.ts";
import { documents, QUERY } from "./small-contract.ts";

type Wanted = Parameters<typeof obtainDataKeys>[2][number];

/** A workload with the keys of one run. */
export interface Workload {
  readonly processor: SecureProcessor;
  readonly runKeys: RunKeys;
  readonly run: string;
}

/** The workload that contracts name, or one that was measured to be something else. */
export const openWorkload = async ({ pki }: Scene, changed: Partial<LaunchDocuments> = {}): Promise<Workload> => {
  const guest = createGuest(pki, { ...documents, ...changed });
  return {
    processor: {
      hardwareRoot: "simulated",
      report: async (data) => ({ ...guest, source: "simulated", report: await guest.report(data) }),
      close: () => undefined,
    },
    runKeys: await createRunKeys(),
    run: "0123456789abcdef0123456789abcdef",
  };
};

/** What a request is made of besides the workload. */
export interface Request {
  /** `sha256:` and 64 hex digits. */
  readonly contract: string;
  readonly query?: string;
  readonly nonce?: Uint8Array;
  readonly audience?: string;
  readonly tlsSpkiSha256?: Uint8Array | null;
}

/** Claims for a release at this broker, with a nonce of its own unless one is given. */
export const claimsFor = async (broker: BrokerUnderTest, { runKeys, run }: Workload, request: Request) => {
  const challenge = await broker.client.createChallenge({});
  const input: ReleaseClaimsInput = {
    audience: request.audience ?? challenge.audience,
    nonce: request.nonce ?? challenge.nonce,
    tlsSpkiSha256: request.tlsSpkiSha256 === undefined ? broker.tlsSpkiSha256 : request.tlsSpkiSha256,
    keys: runKeys,
    contract: request.contract,
    query: request.query ?? QUERY,
    run,
  };
  return releaseClaims(input);
};

/** Evidence for a release at this broker. */
export const evidenceToAsk = async (broker: BrokerUnderTest, workload: Workload, request: Request) =>
  evidenceFor(workload.processor, await claimsFor(broker, workload, request));

/** A key of the right form that wraps nothing: evidence is judged before any key is looked at, so no refusal is about it. */
export const unreadKey = ({ contoso: { dataset } }: Scene): Wanted => ({
  dataset,
  part: 0,
  column: "city",
  masterKeyId: `${dataset}/1/demographics`,
  wrapped: new Uint8Array(384),
});

/** The message of a key that is asked for. */
export const keyMessage = ({ dataset, part, column, masterKeyId, wrapped }: Wanted) => ({
  dataset,
  part,
  target: column === "footer" ? { case: "footer" as const, value: {} } : { case: "column" as const, value: column },
  masterKeyId,
  wrappedKey: wrapped,
});

/** Asks for keys with evidence as it is. */
export const askWith = (
  broker: BrokerUnderTest,
  evidence: PlatformEvidence,
  keys: readonly Wanted[],
  more: MessageInitShape<typeof ReleaseKeysRequestSchema> = {},
) => broker.client.releaseKeys({ evidence: toEvidenceMessage(evidence), keys: keys.map(keyMessage), ...more });

/** The wrapped keys of Contoso's one part, by column; the footer is opened with its own key, asked for at the broker. */
export const wrappedKeys = async (
  { root, contoso }: Scene,
  obtain: (wanted: readonly Wanted[]) => Promise<ReadonlyMap<string, Uint8Array>>,
): Promise<ReadonlyMap<string, Wanted>> => {
  const { dataset } = contoso;
  const folder = join(root, "storage", dataset, "1");
  const { payload } = parseEnvelope(readFileSync(join(folder, "manifest.json"), "utf8"));
  const manifest = parseManifest(fromBase64(payload));
  const file = readFileSync(join(folder, partFileName(0)));
  const footer = await openFooter(file.subarray(-(manifest.parts[0]?.footer_length ?? 0)), { manifest, part: 0 });
  const footerKey: Wanted = { dataset, part: 0, column: "footer", ...footer.key };
  const released = await obtain([footerKey]);
  const part = footer.unlock({
    footerKey: released.get(`${dataset}/0/footer`) ?? assert.fail("no footer key"),
    cipher: nodeCipher,
    codec: nodeZstd,
  });
  const columns = part.columns.map(({ name, key }): Wanted => {
    assert.ok(key !== null, name);
    return { dataset, part: 0, column: name, ...key };
  });
  return new Map([footerKey, ...columns].map((key) => [key.column, key]));
};

/** A refused call. */
export interface Refusal {
  /** Its status, in words: `PermissionDenied`. */
  readonly status: string | undefined;
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** What the PreconditionFailure lists: claim and description. */
  readonly violations: readonly { readonly claim: string; readonly description: string }[];
  /** The signed denial that came with it. */
  readonly denial: Envelope | undefined;
}

/** How a call was refused; one that is answered fails the test. */
export const refusalOf = async (call: Promise<unknown>): Promise<Refusal> => {
  const error: unknown = await call.then(
    () => assert.fail("the call was answered"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError, String(error));
  const [denial] = detailsOf(error, DenialSchema);
  return {
    status: Code[error.code],
    reason: reasonOf(error)?.reason,
    metadata: reasonOf(error)?.metadata ?? {},
    violations: detailsOf(error, PreconditionFailureSchema).flatMap(({ violations }) =>
      violations.map(({ type, description }) => ({ claim: type, description })),
    ),
    denial: denial === undefined ? undefined : toEnvelope(denial.denial),
  };
};

/** Obtains keys as the product's own client does. */
export const obtain = (broker: BrokerUnderTest, scene: Scene, workload: Workload, contract: string) => {
  const { party, brokerSigner } = scene.contoso;
  const asked = { client: broker.client, party, key: brokerSigner.keyId, signal: new AbortController().signal };
  const context = { ...workload, tlsSpkiSha256: broker.tlsSpkiSha256, contract, query: QUERY };
  return (wanted: readonly Wanted[]) => obtainDataKeys(context, asked, wanted);
};
