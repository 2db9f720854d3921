import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { columnsOf, queryOf } from "#contract";
import { obtainDataKeys, openSealedDataset, toEvidenceMessage } from "#mesh";
import { fromBase64, parseEnvelope, parseManifest, toCells } from "#sealing";
import { partFileName, rsaPublicKey, wrapKeyOaep } from "#sealing-node";
import { rows } from "../snooper/small-owner.ts";
import { openAgreement } from "./agreement.ts";
import { askWith, evidenceToAsk, obtain, openWorkload, refusalOf, wrappedKeys, type Workload } from "./asking.ts";
import { ofKind, type BrokerUnderTest } from "./broker-under-test.ts";
import type { Scene } from "./scene.ts";
import { activate, contractOf, QUERY } from "./small-contract.ts";

type Keys = Awaited<ReturnType<typeof wrappedKeys>>;
type Key = Parameters<typeof obtainDataKeys>[2][number];

let scene: Scene;
let broker: BrokerUnderTest;
let workload: Workload;
let digest: string;
let close: () => Promise<void>;
let keys: Keys;

before(async () => {
  ({ scene, broker, workload, digest, close } = await openAgreement());
  keys = await wrappedKeys(scene, obtain(broker, scene, workload, digest));
});
after(async () => close());

const key = (column: string): Key => keys.get(column) ?? assert.fail(`no key of ${column}`);
const ask = async (wanted: readonly Key[], options: Parameters<typeof askWith>[3] = {}) =>
  askWith(broker, await evidenceToAsk(broker, workload, { contract: digest }), wanted, options);
const evidenceDigest = (report: Uint8Array): string =>
  createHash("sha256").update(report.subarray(0, 0x2a0)).digest("hex");

describe("the workload that the contract names", () => {
  test("gets the keys of the columns that the query reads, and the sealed cells open with them", async () => {
    const folder = join(scene.root, "storage", scene.contoso.dataset, "1");
    const { payload } = parseEnvelope(readFileSync(join(folder, "manifest.json"), "utf8"));
    const file = readFileSync(join(folder, partFileName(0)));
    const opened = await openSealedDataset({
      manifest: parseManifest(fromBase64(payload)),
      columns: columnsOf(queryOf(contractOf(scene, "analysis"), QUERY)),
      read: async ({ offset, length }) => file.subarray(offset, offset + length),
      obtainKeys: obtain(broker, scene, workload, digest),
    });
    const cells: unknown[] = [];
    for (const rowGroup of opened.rowGroups)
      for (const [column, vector] of await rowGroup.read()) {
        assert.equal(column, "city");
        cells.push(...toCells(vector));
      }
    opened.drop();
    assert.deepEqual(
      cells,
      rows.map(([, , city]) => city),
    );
  });

  test("is in the log with exactly what was released, to whom and under which evidence", async () => {
    const before = await broker.ledger();
    const evidence = await evidenceToAsk(broker, workload, { contract: digest });
    await askWith(broker, evidence, [key("footer"), key("city")]);
    const [entry, ...more] = ofKind("release", (await broker.ledger()).slice(before.length));
    assert.deepEqual(more, []);
    assert.ok(entry !== undefined);
    const { time, clauses, ...rest } = entry;
    const place = { dataset: scene.contoso.dataset, version: 1, part: 0 };
    assert.deepEqual(rest, {
      v: 1,
      type: "release",
      broker: "contoso",
      contract: digest,
      query: QUERY,
      run: workload.run,
      granularity: "data-keys",
      keys: [
        { ...place, column: "footer" },
        { ...place, column: "city" },
      ],
      recipient: workload.runKeys.encryptionJwk.kid,
      evidence_sha256: evidenceDigest(evidence.report),
    });
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    assert.ok(clauses.length >= 7 && clauses.every(({ met }) => met));
  });

  test("gets the answer and the entry of the log as one: the entry comes back signed", async () => {
    const { release } = await ask([key("city")]);
    const last = (await broker.ledger()).at(-1);
    assert.deepEqual(Buffer.from(release?.payload ?? []).toString("base64"), last?.payload);
  });

  test("gets an answer that another run cannot open", async () => {
    const evidence = await evidenceToAsk(broker, workload, { contract: digest });
    const { keyRelease } = await askWith(broker, evidence, [key("city")]);
    const other = await openWorkload(scene);
    const replaying = {
      createChallenge: () => broker.client.createChallenge({}),
      releaseKeys: async () => ({ $typeName: "sealmesh.broker.v1alpha1.ReleaseKeysResponse" as const, keyRelease }),
    };
    const { party, brokerSigner } = scene.contoso;
    const client = { ...broker.client, ...replaying };
    const asked = { client, party, key: brokerSigner.keyId, signal: new AbortController().signal };
    const context = { ...other, tlsSpkiSha256: broker.tlsSpkiSha256, contract: digest, query: QUERY };
    await assert.rejects(obtainDataKeys(context, asked, [key("city")]), { code: "RELEASE_INVALID" });
  });
});

describe("a key is refused", () => {
  /** The key of `city` as somebody wraps it who knows the public half of the class key. */
  const wrappedFor = (label: string): Uint8Array => {
    const published = JSON.parse(
      readFileSync(join(scene.root, "storage", scene.contoso.dataset, "1", "class-keys.json"), "utf8"),
    ) as readonly { master_key_id: string; spki: string }[]; // what makeOwner writes
    const { spki } = published.find(({ master_key_id }) => master_key_id === key("city").masterKeyId) ?? { spki: "" };
    return wrapKeyOaep(rsaPublicKey(Buffer.from(spki, "base64")), new Uint8Array(32), label);
  };
  const refused: readonly (readonly [string, () => Key, status: string, reason: string])[] = [
    ["of a column that the query does not read", () => key("age"), "PermissionDenied", "COLUMN_NOT_IN_QUERY"],
    ["of a column of another class", () => key("name"), "PermissionDenied", "COLUMN_NOT_IN_QUERY"],
    [
      "of another owner's dataset",
      () => ({ ...key("city"), dataset: scene.fabrikam.dataset }),
      "PermissionDenied",
      "COLUMN_NOT_IN_QUERY",
    ],
    [
      "of a dataset that the contract does not have",
      () => ({ ...key("city"), dataset: "contoso/salaries" }),
      "PermissionDenied",
      "COLUMN_NOT_IN_QUERY",
    ],
    [
      "of another column under the name of one that the query reads",
      () => ({ ...key("city"), wrapped: key("age").wrapped }),
      "InvalidArgument",
      "KEY_REQUEST_MALFORMED",
    ],
    [
      "of another class under the name of a column that the query reads",
      () => ({ ...key("name"), column: "city" }),
      "InvalidArgument",
      "KEY_REQUEST_MALFORMED",
    ],
    [
      "of the footer under the name of a column",
      () => ({ ...key("city"), wrapped: key("footer").wrapped }),
      "InvalidArgument",
      "KEY_REQUEST_MALFORMED",
    ],
    [
      "of a part that the manifest does not have",
      () => ({ ...key("city"), part: 1 }),
      "InvalidArgument",
      "KEY_REQUEST_MALFORMED",
    ],
    [
      "wrapped for another part",
      () => ({ ...key("city"), wrapped: wrappedFor(`${key("city").masterKeyId}/1/city`) }),
      "InvalidArgument",
      "KEY_REQUEST_MALFORMED",
    ],
    [
      "of another version of the dataset",
      () => ({ ...key("city"), masterKeyId: `${scene.contoso.dataset}/2/demographics` }),
      "InvalidArgument",
      "KEY_REQUEST_MALFORMED",
    ],
    [
      "wrapped for another version of the dataset",
      () => ({ ...key("city"), wrapped: wrappedFor(`${scene.contoso.dataset}/2/demographics/0/city`) }),
      "InvalidArgument",
      "KEY_REQUEST_MALFORMED",
    ],
    [
      "of the wrong size",
      () => ({ ...key("city"), wrapped: key("city").wrapped.subarray(1) }),
      "InvalidArgument",
      "KEY_REQUEST_MALFORMED",
    ],
  ];
  for (const [what, wanted, status, reason] of refused) {
    test(what, async () => {
      const refusal = await refusalOf(ask([wanted()]));
      assert.deepEqual([refusal.status, refusal.reason], [status, reason]);
    });
  }

  test("and with it all the others of the request; the log has no release", async () => {
    const before = await broker.ledger();
    const { reason } = await refusalOf(ask([key("footer"), key("city"), key("age")]));
    assert.equal(reason, "COLUMN_NOT_IN_QUERY");
    const entries = (await broker.ledger()).slice(before.length);
    assert.deepEqual(ofKind("release", entries), []);
    assert.deepEqual(
      ofKind("denial", entries).map((denial) => denial.reason),
      ["COLUMN_NOT_IN_QUERY"],
    );
  });

  test("unless its label is the right one: the same wrapping with it is taken", async () => {
    const wrapped = wrappedFor(`${key("city").masterKeyId}/0/city`);
    assert.notEqual((await ask([{ ...key("city"), wrapped }])).keyRelease, "");
  });
});

test("a request for no key, for too many, or with reservations is malformed", async () => {
  const many = Array.from({ length: 1_025 }, () => key("city"));
  const reservations = [{ payloadType: "application/json", payload: new Uint8Array(2), signatures: [] }];
  for (const refused of [() => ask([]), () => ask(many), () => ask([key("city")], { reservations })]) {
    const { status, reason } = await refusalOf(refused());
    assert.deepEqual([status, reason], ["InvalidArgument", "KEY_REQUEST_MALFORMED"]);
  }
});

test("a key whose target is not said is malformed", async () => {
  const { dataset, part, masterKeyId, wrapped } = key("city");
  const evidence = toEvidenceMessage(await evidenceToAsk(broker, workload, { contract: digest }));
  const { reason } = await refusalOf(
    broker.client.releaseKeys({ evidence, keys: [{ dataset, part, masterKeyId, wrappedKey: wrapped }] }),
  );
  assert.equal(reason, "KEY_REQUEST_MALFORMED");
});

test("a query for listed recipients gets no keys, until results are sealed to them", async () => {
  const recipients = [`x25519:${"A".repeat(42)}E`];
  const listed = await activate(broker, scene, contractOf(scene, "for-some", { recipients }));
  const evidence = await evidenceToAsk(broker, workload, { contract: listed });
  const { status, reason } = await refusalOf(askWith(broker, evidence, [key("city")]));
  assert.deepEqual([status, reason], ["PermissionDenied", "RECIPIENT_UNSUPPORTED"]);
});
