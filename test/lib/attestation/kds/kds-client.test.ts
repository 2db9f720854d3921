import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import {
  AttestationError,
  type CollateralStore,
  chainPath,
  createKdsClient,
  crlPath,
  type KdsOptions,
  parseReport,
  vcekPath,
} from "#attestation";
import { fakeCrl, fakeEvidence, fakeNow } from "../fake-processor.ts";
import { assertRefused } from "../refusal.ts";
import { type FakeKds, openFakeKds, type Served } from "./fake-kds.ts";

let kds: FakeKds | undefined;
afterEach(() => kds?.close());

const memory = (): CollateralStore & { readonly kept: Map<string, Uint8Array> } => {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    get: async (path) => kept.get(path) ?? null,
    put: async (path, bytes) => {
      kept.set(path, bytes);
    },
  };
};

const { report: bytes, certificates } = await fakeEvidence();
const report = parseReport(bytes);
const [leaf] = certificates;
assert.ok(leaf);
const path = vcekPath(report, "Milan");

/** A client of a service with these answers, its waits, and what it keeps. */
const clientOf = async (answers: Readonly<Record<string, readonly Served[]>>, options: Partial<KdsOptions> = {}) => {
  kds = await openFakeKds(answers);
  const waits: number[] = [];
  const store = memory();
  const client = createKdsClient({
    fetch,
    store,
    now: () => fakeNow.getTime(),
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
    base: kds.base,
    ...options,
  });
  return { client, waits, store, asked: kds.asked };
};

test("what was given once is not asked for again", async () => {
  const { client, asked } = await clientOf({ [path]: [leaf] });
  assert.deepEqual(await client.vcek(report, "Milan"), Uint8Array.from(leaf));
  await client.vcek(report, "Milan");
  assert.deepEqual(asked, [path]);
});

test("two who ask at once share one request", async () => {
  const { client, asked } = await clientOf({ [path]: [leaf] });
  const [a, b] = await Promise.all([client.vcek(report, "Milan"), client.vcek(report, "Milan")]);
  assert.deepEqual(a, b);
  assert.equal(asked.length, 1);
});

test("different requests go one after the other, and one that fails stops no other", async () => {
  const chain = chainPath("Milan", "vcek");
  const { client, asked } = await clientOf({
    [path]: [{ status: 403 }],
    [chain]: [Buffer.from(pemOf(certificates.slice(1)))],
  });
  const [vcek, authorities] = await Promise.allSettled([client.vcek(report, "Milan"), client.chain("Milan", "vcek")]);
  assert.equal(vcek.status, "rejected");
  assert.equal(authorities.status, "fulfilled");
  assert.deepEqual(asked, [path, chain]);
});

const pemOf = (all: readonly Uint8Array[]) =>
  all
    .map((der) => {
      const lines =
        Buffer.from(der)
          .toString("base64")
          .match(/.{1,64}/g) ?? [];
      return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
    })
    .join("");

test("after 429 it waits as long as it is told, and asks again", async () => {
  const { client, waits } = await clientOf({ [path]: [{ status: 429, headers: { "retry-after": "7" } }, leaf] });
  await client.vcek(report, "Milan");
  assert.deepEqual(waits, [7_000]);
});

test("a date says how long to wait, too", async () => {
  const headers = { "retry-after": new Date(fakeNow.getTime() + 3_000).toUTCString() };
  const { client, waits } = await clientOf({ [path]: [{ status: 503, headers }, leaf] });
  await client.vcek(report, "Milan");
  assert.deepEqual(waits, [3_000]);
});

test("it never waits longer than 30 seconds at once, whatever it is told", async () => {
  const { client, waits } = await clientOf({ [path]: [{ status: 429, headers: { "retry-after": "999999" } }, leaf] });
  await client.vcek(report, "Milan");
  assert.deepEqual(waits, [30_000]);
});

for (const status of [404, 429, 500, 503]) {
  test(`${status} that lasts is unavailable, with the status, after waits that double`, async () => {
    const { client, waits, asked, store } = await clientOf({ [path]: [{ status }] });
    await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE", { seen: `${status}` });
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000]);
    assert.equal(asked.length, 5);
    assert.equal(store.kept.size, 0);
  });
}

test("a status that asking again does not change is not asked about again", async () => {
  const { client, asked } = await clientOf({ [path]: [{ status: 400 }] });
  await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE", { seen: "400" });
  assert.equal(asked.length, 1);
});

test("no redirect is followed", async () => {
  const elsewhere = { status: 302, headers: { location: "/other" } };
  const { client, asked } = await clientOf({ [path]: [elsewhere], "/other": [leaf] });
  await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE");
  assert.ok(!asked.includes("/other"));
});

test("a service that cannot be reached is unavailable, and the error keeps its cause", async () => {
  const failure = new TypeError("fetch failed");
  const { client } = await clientOf({}, { fetch: () => Promise.reject(failure) });
  await assert.rejects(client.vcek(report, "Milan"), (error) => {
    assert.ok(error instanceof AttestationError);
    assert.equal(error.code, "COLLATERAL_UNAVAILABLE");
    assert.equal(error.cause, failure);
    return true;
  });
});

test("an answer that takes too long is given up", async () => {
  const never: KdsOptions["fetch"] = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const { client } = await clientOf({}, { fetch: never, timeoutMs: 5, attempts: 1 });
  await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE");
});

for (const [what, answer] of [
  ["text that is no certificate", Buffer.from("<html>")],
  ["two certificates", Buffer.from(pemOf(certificates.slice(1)))],
  ["more bytes than any certificate", new Uint8Array(65_537)],
  ["nothing", new Uint8Array()],
] as const) {
  test(`${what} instead of a VCEK is unavailable, and not kept`, async () => {
    const { client, store } = await clientOf({ [path]: [answer] });
    await assertRefused(() => client.vcek(report, "Milan"), "COLLATERAL_UNAVAILABLE");
    assert.equal(store.kept.size, 0);
  });
}

test("what is kept and cannot be read is asked for anew", async () => {
  const { client, store, asked } = await clientOf({ [path]: [leaf] });
  store.kept.set(path, Uint8Array.of(1, 2, 3));
  assert.deepEqual(await client.vcek(report, "Milan"), Uint8Array.from(leaf));
  assert.equal(asked.length, 1);
});

test("a CRL is kept until its nextUpdate and asked for anew after it", async () => {
  const crl = crlPath("Milan", "vcek");
  const [old, fresh] = await Promise.all([fakeCrl({ nextUpdate: "260501000000Z" }), fakeCrl()]);
  const { client, store, asked } = await clientOf({ [crl]: [fresh] });
  store.kept.set(crl, old);
  assert.deepEqual(await client.crl("Milan", "vcek"), fresh);
  await client.crl("Milan", "vcek");
  assert.equal(asked.length, 1);
});

test("a stale CRL that is all the service has is handed on, for the verifier to judge", async () => {
  const old = await fakeCrl({ nextUpdate: "260501000000Z" });
  const { client } = await clientOf({ [crlPath("Milan", "vcek")]: [old] });
  assert.deepEqual(await client.crl("Milan", "vcek"), old);
});
