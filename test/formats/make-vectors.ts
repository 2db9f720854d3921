// Makes the vectors of proto/FORMATS.md from fixed inputs. What is random in the formats (OAEP, key wrap) is recorded once.
import { createHash, createPrivateKey, type JsonWebKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { reportDataOf } from "#attestation";
import {
  contractDigest,
  contractPayload,
  parseContractYaml,
  releasePolicy,
  resultDocument,
  signContract,
  cosignContract,
  signRevocation,
  statementPayload,
  statementTypes,
  type ResultDocument,
} from "#contract";
import { releaseClaims, readerClaims, resultClaims } from "#platform";
import {
  encodeManifest,
  fromUtf8,
  manifestDigest,
  MANIFEST_TYPE,
  sha256,
  signEnvelope,
  toHex,
  type Manifest,
} from "#sealing";
import { signerOf, type Signer } from "#sealing-node";

const folder = join(dirname(import.meta.dirname), "vectors", "formats");

/** The committed vectors. */
export const vectorsFile = join(folder, "vectors.json");

/** What was recorded: an RSA key of a workload that never existed, and an answer that a broker made for it. */
export interface RecordedRelease {
  readonly encryption_key: JsonWebKey;
  readonly key_release: string;
  readonly opened: string;
}
export const recordedFile = join(folder, "release.json");

/** An Ed25519 signer from a name: anyone can make it, nobody should trust it. */
export const vectorSigner = (name: string): Signer => {
  // RFC 8410: the PKCS#8 prefix of an Ed25519 seed.
  const pkcs8 = Buffer.concat([
    Buffer.from("302e020100300506032b657004220420", "hex"),
    createHash("sha256").update(name).digest(),
  ]);
  return signerOf(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
};

const bytes = (name: string): Uint8Array => new Uint8Array(createHash("sha256").update(name).digest());
const digest = (name: string): string => `sha256:${toHex(bytes(name))}`;
const TIME = "2026-11-24T10:00:00Z";
const RUN = "000102030405060708090a0b0c0d0e0f";

const manifest: Manifest = {
  v: 1,
  dataset: "contoso/employees",
  version: 1,
  schema: [
    { name: "age", type: "INT32", nullable: true, class: "demographics" },
    { name: "city", type: "STRING", nullable: true, class: "demographics" },
  ],
  rows: 50,
  keys: {
    demographics: { master_key_id: "contoso/employees/1/demographics", spki_sha256: toHex(bytes("demographics")) },
    footer: { master_key_id: "contoso/employees/1/footer", spki_sha256: toHex(bytes("footer")) },
  },
  parts: [
    {
      part: 0,
      size: 7986,
      rows: 50,
      sha256: toHex(bytes("part")),
      footer_length: 2100,
      footer_sha256: toHex(bytes("part footer")),
    },
  ],
};

const contractYaml = (contoso: string, broker: string): string => `contract: vector
version: 1
simulated_root: ${digest("root")}
parties:
  contoso: { owner_key: "${contoso}", broker: { url: https://broker.contoso.example, key: "${broker}", ca: ${digest("ca")} } }
  woodgrove: {}
datasets:
  contoso/employees: { manifest: ${digest("manifest")}, classes: { demographics: [age, city] } }
workloads:
  woodgrove/analytics:
    hardware: [simulated]
    host_data: [${digest("host data")}]
    measurement: [sha384:${"0a".repeat(48)}]
    minimum_tcb: { 19-01: { boot_loader: 4, tee: 0, snp: 24, microcode: 219 } }
queries:
  cities:
    run_by: woodgrove/analytics
    over: [contoso/employees]
    outputs:
      - { name: cities, group_by: [city], top: 10, measures: [count] }
    privacy: { minimum_group: 3 }
    recipients: anyone
valid: { from: 2026-11-24T10:00:00Z, until: 2027-11-24T10:00:00Z }
`;

/** Makes all vectors. */
export const makeVectors = async () => {
  const [owner, broker, resultKey] = [
    vectorSigner("contoso owner"),
    vectorSigner("contoso broker"),
    vectorSigner("result key"),
  ];
  const recorded = JSON.parse(readFileSync(recordedFile, "utf8")) as RecordedRelease; // written beside the vectors
  const { n = "" } = recorded.encryption_key;
  const kid = createHash("sha256")
    .update(JSON.stringify({ e: "AQAB", kty: "RSA", n }))
    .digest("base64url");
  const keys = {
    encryptionJwk: { kty: "RSA", kid, key_ops: ["encrypt"], n, e: "AQAB" },
    resultJwk: { kty: "OKP", crv: "Ed25519", x: resultKey.keyId.slice("ed25519:".length) },
  } as const;

  const yaml = contractYaml(owner.keyId, broker.keyId);
  const contract = parseContractYaml(yaml);
  const payload = contractPayload(contract);
  const contractId = await contractDigest(payload);
  const document: ResultDocument = {
    type: "result",
    contract: contractId,
    query: "cities",
    run: RUN,
    rows: { contoso: 50 },
    outputs: { cities: [{ city: "Zürich", count: 5 }] },
    suppressed: { cities: true },
    other: { cities: { count: 4 } },
  };
  const resultBytes = resultDocument(document);
  const resultSha256 = await sha256(resultBytes);
  const run = { keys, contract: contractId, query: "cities", run: RUN, tlsSpkiSha256: bytes("tls key") };
  const claims = {
    release: releaseClaims({ ...run, audience: `contoso/broker:${broker.keyId}`, nonce: bytes("nonce") }),
    reader: readerClaims({ nonce: bytes("nonce"), tlsSpkiSha256: bytes("tls key") }),
    result: resultClaims({ ...run, resultSha256 }),
  };
  const manifestPayload = encodeManifest(manifest);
  const statement = {
    v: 1,
    type: "result",
    contract: contractId,
    query: "cities",
    run: RUN,
    manifests: { "contoso/employees": digest("manifest") },
    result_sha256: toHex(resultSha256),
    time: TIME,
  } as const;
  return {
    claims: Object.fromEntries(
      await Promise.all(
        Object.entries(claims).map(async ([purpose, text]) => [
          purpose,
          { document: fromUtf8(text), report_data: toHex(await reportDataOf(text)) },
        ]),
      ),
    ) as Readonly<Record<keyof typeof claims, { readonly document: string; readonly report_data: string }>>, // the same keys
    manifest: {
      payload: fromUtf8(manifestPayload),
      digest: await manifestDigest(manifestPayload),
      statement: await signEnvelope(MANIFEST_TYPE, manifestPayload, owner),
    },
    contract: {
      yaml,
      payload: fromUtf8(payload),
      digest: contractId,
      statement: await cosignContract(await signContract(contract, owner), owner),
      release_policy: releasePolicy(contract, "cities", "https://broker.contoso.example"),
    },
    revocation: await signRevocation({ contract: contractId, time: TIME }, owner),
    denial: await signEnvelope(
      statementTypes.denial,
      statementPayload("denial", {
        v: 1,
        type: "denial",
        broker: "contoso",
        time: TIME,
        contract: contractId,
        query: "cities",
        run: RUN,
        reason: "POLICY_REFUSED",
        clauses: [
          {
            pointer: "/anyOf/0/allOf/4",
            claim: "x-ms-sevsnpvm-vmpl",
            operator: "equals",
            expected: "0",
            seen: "1",
            met: false,
          },
        ],
        evidence_sha256: toHex(bytes("report")),
      }),
      broker,
    ),
    result: {
      document: fromUtf8(resultBytes),
      result_sha256: toHex(resultSha256),
      statement: await signEnvelope(statementTypes.result, statementPayload("result", statement), resultKey),
    },
  };
};

if (import.meta.main) writeFileSync(vectorsFile, `${JSON.stringify(await makeVectors(), null, 1)}\n`);
