import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chainPath, crlPath, parseReport, vcekPath } from "#attestation";
import { openCollateralFolder } from "#platform";
import { fakeReport } from "../attestation/fake-processor.ts";

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
