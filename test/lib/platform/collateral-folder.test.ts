import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chainPath, createKdsClient, crlPath, type Fetch, parseReport, vcekPath } from "#attestation";
import { openCollateralFolder } from "#platform";
import { fakeEvidence, fakeNow, fakeReport } from "../attestation/fake-processor.ts";

const parent = mkdtempSync(join(tmpdir(), "sealmesh-collateral-"));
after(() => rmSync(parent, { recursive: true }));
const folder = join(parent, "kept");
const vcek = vcekPath(parseReport(await fakeReport()), "Milan");

test("gives what was put, and nothing for what was not, before the folder is there and after", async () => {
  const store = openCollateralFolder(folder);
  assert.equal(await store.get(vcek), null);
  await store.put(vcek, Uint8Array.of(1, 2));
  assert.deepEqual(Uint8Array.from((await store.get(vcek)) ?? []), Uint8Array.of(1, 2));
  assert.equal(await store.get(crlPath("Milan", "vcek")), null);
});

test("names files by what they hold, leaves none half-written, and keeps products and kinds apart", async () => {
  const store = openCollateralFolder(folder);
  for (const path of [vcek, crlPath("Milan", "vcek"), crlPath("Genoa", "vlek"), chainPath("Milan", "vcek")])
    await store.put(path, Uint8Array.of(1));
  const names = readdirSync(folder).toSorted();
  assert.equal(names.length, 4);
  assert.ok(names.includes("vcek-v1-Milan-crl.crl"));
  assert.ok(names.includes("vlek-v1-Genoa-crl.crl"));
  assert.ok(names.includes("vcek-v1-Milan-cert_chain.pem"));
  assert.ok(names.some((name) => /^vcek-v1-Milan-[0-9a-f]{128}-blSPL4-teeSPL0-snpSPL24-ucodeSPL219\.der$/.test(name)));
});

test("no path leads out of the folder", async () => {
  const store = openCollateralFolder(folder);
  for (const path of ["/../outside", "/a/../../b", "no-slash", "/a\\b", "/a b"])
    await assert.rejects(store.put(path, Uint8Array.of(1)), TypeError);
});

test("a file that is larger than anything of the service's counts as not there", async () => {
  const store = openCollateralFolder(folder);
  await store.put(vcek, Uint8Array.of(1));
  const name = readdirSync(folder).find((one) => one.endsWith(".der")) ?? assert.fail("no file");
  writeFileSync(join(folder, name), new Uint8Array(65_537));
  assert.equal(await store.get(vcek), null);
  writeFileSync(join(folder, name), new Uint8Array(65_536));
  assert.equal((await store.get(vcek))?.length, 65_536);
});

test("leaves no draft behind when a file cannot be put in its place", async () => {
  const store = openCollateralFolder(folder);
  const taken = chainPath("Turin", "vcek");
  mkdirSync(join(folder, "vcek-v1-Turin-cert_chain.pem"));
  await assert.rejects(store.put(taken, Uint8Array.of(1)));
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
  );
});

test("what the client keeps in a folder answers when the service does not", async () => {
  const own = join(parent, "own");
  const { report, certificates } = await fakeEvidence();
  const [leaf] = certificates;
  assert.ok(leaf);
  const clientWith = (fetch: Fetch) =>
    createKdsClient({
      fetch,
      store: openCollateralFolder(own),
      now: () => fakeNow.getTime(),
      sleep: async () => undefined,
      attempts: 1,
    });
  await clientWith(async () => new Response(Buffer.from(leaf))).vcek(parseReport(report), "Milan");
  const offline = clientWith(() => Promise.reject(new Error("offline")));
  assert.deepEqual(await offline.vcek(parseReport(report), "Milan"), Uint8Array.from(leaf));
});
