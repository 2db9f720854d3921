// An owner of a small mesh: sealed data in the storage, and a real broker.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MeshService } from "#mesh";
import { encodeManifest, manifestDigest, MANIFEST_TYPE, signEnvelope, type Column, type Envelope } from "#sealing";
import { createClassKeys, createSigningKey, openClassKeys, sealTable, type Signer } from "#sealing-node";
import { createChallenges } from "../../services/broker/challenges.ts";
import { openContractBook } from "../../services/broker/contract-book.ts";
import { openLedger } from "../../services/broker/ledger.ts";
import { openOwnManifests } from "../../services/broker/own-manifests.ts";
import { createRefusalCounter } from "../../services/broker/refusals.ts";
import { keyBrokerService } from "../../services/broker/routes.ts";

const schema: readonly Column[] = [
  { name: "name", type: "STRING", nullable: true, class: "identity" },
  { name: "age", type: "INT32", nullable: true, class: "demographics" },
  { name: "city", type: "STRING", nullable: true, class: "demographics" },
];

/** The classes of every dataset here. */
export const classes = { identity: ["name"], demographics: ["age", "city"] };

/** Rows of every dataset here. */
export const rows = Array.from({ length: 60 }, (_, row) => [
  `Person Number ${row}`,
  `${20 + (row % 50)}`,
  ["Oslo", "Lima"][row % 2] ?? "",
]);

/** An owner: its folder holds its keys, the storage its sealed data. */
export interface Owner {
  readonly party: string;
  readonly dataset: string;
  readonly home: string;
  readonly signer: Signer;
  readonly brokerSigner: Signer;
  /** `sha256:` of its manifest. */
  readonly manifest: string;
}

const url = (party: string): string => `https://broker.${party}.example`;

/** What a contract says of an owner. */
export const partyEntry = ({ party, signer, brokerSigner }: Owner) => ({
  owner_key: signer.keyId,
  broker: { url: url(party), key: brokerSigner.keyId, ca: `sha256:${"0".repeat(64)}` },
});

/** Makes the keys, seals the data and publishes what is public. */
export const makeOwner = async (root: string, dataset: string): Promise<Owner> => {
  const [party = ""] = dataset.split("/");
  const home = join(root, party);
  const folder = join(root, "storage", dataset, "1");
  const signer = createSigningKey(join(home, "owner.pem"));
  const own = { dataset, version: 1 };
  const keys = await createClassKeys(join(home, "keys"), { ...own, classes: Object.keys(classes) });
  const classKeys = Object.fromEntries(
    keys.map(({ masterKeyId, spki }) => [masterKeyId.split("/").at(-1) ?? "", spki]),
  );
  const header = schema.map(({ name }) => name);
  const manifest = encodeManifest(await sealTable({ ...own, rows, header, schema, classKeys, outFolder: folder }));
  const statement = JSON.stringify(await signEnvelope(MANIFEST_TYPE, manifest, signer));
  mkdirSync(join(home, "manifests"));
  for (const file of [join(folder, "manifest.json"), join(home, "manifests", "1.json")]) writeFileSync(file, statement);
  const published = keys.map(({ masterKeyId, spki }) => ({
    master_key_id: masterKeyId,
    spki: Buffer.from(spki).toString("base64"),
  }));
  writeFileSync(join(folder, "class-keys.json"), JSON.stringify(published));
  const brokerSigner = createSigningKey(join(home, "broker.pem"));
  return { party, dataset, home, signer, brokerSigner, manifest: await manifestDigest(manifest) };
};

/** The owner's broker, with contracts in force. */
export const brokerService = async (
  { party, home, signer, brokerSigner }: Owner,
  arkSpkiSha256: Uint8Array,
  statements: readonly Envelope[],
): Promise<MeshService> => {
  const contracts = await openContractBook({
    file: join(home, "contracts.json"),
    ownKeys: { [party]: signer.keyId },
    check: async () => undefined,
    now: Date.now,
  });
  for (const statement of statements) await contracts.activate(statement);
  return keyBrokerService({
    identity: {
      party,
      key: brokerSigner.keyId,
      url: url(party),
      roots: { kind: "simulated", arkSpkiSha256 },
      revocation: () => ({ unchecked: "not of this test" }),
    },
    signer: brokerSigner,
    challenges: createChallenges(Date.now),
    contracts,
    manifests: openOwnManifests(join(home, "manifests"), signer.keyId),
    keys: openClassKeys(join(home, "keys")),
    ledger: openLedger(join(home, "ledger.jsonl"), brokerSigner),
    refusals: createRefusalCounter({ now: Date.now, record: async () => undefined, onError: () => undefined }),
    now: () => new Date(),
    tls: "off",
  });
};
