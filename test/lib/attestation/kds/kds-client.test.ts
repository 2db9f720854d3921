// What the client takes, keeps and hands on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AttestationError, chainPath, crlPath, parseReport, vcekPath } from "#attestation";
import { fakeCrl, fakeEvidence, fakeReport } from "../fake-processor.ts";
import { assertRefused } from "../refusal.ts";
import { ark, ask, clientOf, leaf, memory, path, report } from "./client-under-test.ts";
import { pemOf } from "./fake-kds.ts";

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
    [chain]: [pemOf([ask, ark])],
  });
  const [vcek, authorities] = await Promise.allSettled([client.vcek(report, "Milan"), client.chain("Milan", "vcek")]);
  assert.equal(vcek.status, "rejected");
  assert.equal(authorities.status, "fulfilled");
  assert.deepEqual(asked, [path, chain]);
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

for (const [what, answer] of [
  ["text that is no certificate", Buffer.from("<html>")],
  ["a VCEK with its issuer", pemOf([leaf, ask])],
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
  assert.deepEqual(await client.crl("Milan", "vcek"), { der: fresh, notRenewed: null });
  await client.crl("Milan", "vcek");
  assert.equal(asked.length, 1);
});

test("a stale CRL that is all the service has is handed on, for the verifier to judge", async () => {
  const old = await fakeCrl({ nextUpdate: "260501000000Z" });
  const { client } = await clientOf({ [crlPath("Milan", "vcek")]: [old] });
  assert.deepEqual(await client.crl("Milan", "vcek"), { der: old, notRenewed: null });
});

test("a kept CRL past its nextUpdate stands in for a service that gives none, and says so", async () => {
  const old = await fakeCrl({ nextUpdate: "260501000000Z" });
  const { client, store } = await clientOf({});
  store.kept.set(crlPath("Milan", "vcek"), old);
  const { der, notRenewed } = await client.crl("Milan", "vcek");
  assert.deepEqual(der, old);
  assert.equal(notRenewed?.code, "COLLATERAL_UNAVAILABLE");
});

test("a kept VCEK that has expired is asked for anew", async () => {
  const { certificates: expired } = await fakeEvidence({ vcek: (one) => ({ ...one, notAfter: "260501000000Z" }) });
  const { client, store, asked } = await clientOf({ [path]: [leaf] });
  store.kept.set(path, expired[0] ?? assert.fail("no leaf"));
  assert.deepEqual(await client.vcek(report, "Milan"), Uint8Array.from(leaf));
  assert.equal(asked.length, 1);
});

const otherChip = parseReport(await fakeReport((all) => all.fill(0xaa, 0x1a0, 0x1e0)));
const otherTcb = parseReport(await fakeReport((_, view) => view.setBigUint64(0x180, 0xdb17000000000004n, true)));
for (const [what, wanted] of [
  ["chip", otherChip],
  ["TCB", otherTcb],
] as const) {
  test(`the VCEK of another ${what} is unavailable, and not kept`, async () => {
    const { client, store } = await clientOf({ [vcekPath(wanted, "Milan")]: [leaf] });
    await assertRefused(() => client.vcek(wanted, "Milan"), "COLLATERAL_UNAVAILABLE");
    assert.equal(store.kept.size, 0);
  });
}

for (const [what, all, signer] of [
  ["a chain without its root", [ask, ask], "vcek"],
  ["a chain with a leaf", [leaf, ask, ark], "vcek"],
  ["the chain of VCEKs for that of VLEKs", [ask, ark], "vlek"],
] as const) {
  test(`${what} is unavailable, and not kept`, async () => {
    const { client, store } = await clientOf({ [chainPath("Milan", signer)]: [pemOf(all)] });
    await assertRefused(() => client.chain("Milan", signer), "COLLATERAL_UNAVAILABLE");
    assert.equal(store.kept.size, 0);
  });
}

test("the chain of another product is unavailable", async () => {
  const { client } = await clientOf({ [chainPath("Genoa", "vcek")]: [pemOf([ask, ark])] });
  await assertRefused(() => client.chain("Genoa", "vcek"), "COLLATERAL_UNAVAILABLE");
});

test("an answer that cannot be read says why in its cause", async () => {
  const { client } = await clientOf({ [crlPath("Milan", "vcek")]: [leaf] });
  await assert.rejects(client.crl("Milan", "vcek"), ({ cause }: Error) => {
    assert.ok(cause instanceof AttestationError);
    assert.equal(cause.code, "CRL_MALFORMED");
    return true;
  });
});

for (const operation of ["get", "put"] as const) {
  test(`a store whose ${operation} fails is unavailable, and the error keeps its cause`, async () => {
    const failure = new Error("the disk is full");
    const store = { ...memory(), [operation]: () => Promise.reject(failure) };
    const { client } = await clientOf({ [path]: [leaf] }, { store });
    await assert.rejects(client.vcek(report, "Milan"), (error) => {
      assert.ok(error instanceof AttestationError);
      assert.equal(error.code, "COLLATERAL_UNAVAILABLE");
      assert.equal(error.cause, failure);
      return true;
    });
  });
}

test("who would wait behind 64 others is told at once", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const { client } = await clientOf({}, { fetch: () => promise, attempts: 1 });
  const reports = await Promise.all(
    Array.from({ length: 65 }, async (_, at) => parseReport(await fakeReport((all) => all.fill(at + 1, 0x1a0, 0x1e0)))),
  );
  const calls = reports.map((one) => client.vcek(one, "Milan"));
  await assertRefused(() => calls[64], "COLLATERAL_UNAVAILABLE");
  reject(new Error("over"));
  assert.equal((await Promise.allSettled(calls)).filter(({ status }) => status === "rejected").length, 65);
});
