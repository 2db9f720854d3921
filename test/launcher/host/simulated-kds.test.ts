// The simulated key distribution service: what AMD's answers, it answers; what AMD's refuses, it refuses.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  createKdsClient,
  gatherCollateral,
  type Product,
  type ReportEvidence,
  simulatedRoot,
  verifyReport,
} from "#attestation";
import { createGuest } from "../../../services/launcher/host/guest.ts";
import { createSimulatedKds, type SimulatedKds } from "../../../services/launcher/host/simulated-kds.ts";
import type { SimulatedPki } from "../../../services/launcher/host/simulated-pki.ts";
import { type Machines, openMachines } from "./machines.ts";

const base = "https://kdsintf.amd.com";
const documents = { policyDocument: Uint8Array.of(1), measurementDocument: Uint8Array.of(2) };
const hwIdOf = (pki: SimulatedPki): string => Buffer.from(pki.signer().machine.hwId).toString("hex");

/** Verifies a report that comes with some of its certificates, with what the service gives. */
const verifyWith = async (
  fetch: Parameters<typeof createKdsClient>[0]["fetch"],
  pki: SimulatedPki,
  evidence: ReportEvidence,
  base?: string,
) => {
  const kept = new Map<string, Uint8Array>();
  const kds = createKdsClient({
    fetch,
    now: Date.now,
    sleep: async () => undefined,
    store: {
      get: async (path) => kept.get(path) ?? null,
      put: async (path, bytes) => void kept.set(path, bytes),
    },
    ...(base === undefined ? {} : { base }),
  });
  const gathered = await gatherCollateral(evidence, { kds, unreachable: "refused", stale: "refused" });
  const options = { roots: simulatedRoot(pki.arkSpkiSha256), now: new Date(), revocation: gathered.revocation };
  return verifyReport(gathered.evidence, options);
};
const reportOf = (pki: SimulatedPki): Promise<Uint8Array> => createGuest(pki, documents).report(new Uint8Array(64));

for (const product of ["Milan", "Turin"] satisfies readonly Product[]) {
  describe(`the service of a ${product}`, () => {
    let machines: Machines;
    let pki: SimulatedPki;
    let kds: SimulatedKds;
    let tcb: string;
    before(async () => {
      machines = await openMachines(product);
    });
    after(() => machines.close());
    beforeEach(async () => {
      const chip = product === "Milan" ? "milan" : "turin";
      pki = await machines.place({ chip, signer: "vcek", reportVersion: 5 });
      kds = createSimulatedKds(pki);
      tcb =
        product === "Milan"
          ? "blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219"
          : "fmcSPL=1&blSPL=1&teeSPL=1&snpSPL=4&ucodeSPL=81";
    });
    const status = async (path: string): Promise<number> => (await kds.fetch(`${base}${path}`)).status;
    const vcekPath = (): string => `/vcek/v1/${product}/${hwIdOf(pki)}`;

    test("completes a report that came alone", async () => {
      const verified = await verifyWith(kds.fetch, pki, { report: await reportOf(pki), certificates: [] });
      assert.equal(verified.product, product);
      assert.ok(verified.revocation.checked);
    });

    test("completes a VLEK's chain, and hands no VLEK to anybody", async () => {
      pki = await machines.place({ chip: product === "Milan" ? "milan" : "turin", signer: "vlek", reportVersion: 5 });
      const certificates = pki.signer().certificates.slice(0, 1);
      const { fetch } = createSimulatedKds(pki);
      const verified = await verifyWith(fetch, pki, { report: await reportOf(pki), certificates });
      assert.equal(verified.signer, "vlek");
      assert.ok(verified.revocation.checked);
      assert.equal(await status(`/vlek/v1/${product}/cert`), 404);
    });

    test("has the VCEK of a raised TCB, and still that of the old", async () => {
      const old = await reportOf(pki);
      pki.raiseTcb({ tcb: { microcode: 230 }, upTo: "reported" });
      for (const report of [old, await reportOf(pki)]) await verifyWith(kds.fetch, pki, { report, certificates: [] });
    });

    test("takes padded numbers, and no chip id of another length, product or machine", async () => {
      assert.equal(await status(`${vcekPath()}?${tcb}`), 200);
      assert.equal(await status(`${vcekPath()}?${tcb.replaceAll(/=(\d)(?=&|$)/g, "=0$1")}`), 200);
      const hwId = hwIdOf(pki);
      const other = product === "Milan" ? "Turin" : "Milan";
      for (const path of [
        `/vcek/v1/${product}/${hwId.padEnd(128, "0").slice(0, hwId.length === 16 ? 128 : 126)}`,
        `/vcek/v1/${product}/${"00".repeat(hwId.length / 2)}`,
        `/vcek/v1/${product}/${hwId.toUpperCase()}`,
        `/vcek/v1/${other}/${hwId}`,
        `/vlek/v1/${product}/${hwId}`,
        `/vcek/v2/${product}/${hwId}`,
        `/vcek/v1/${product}/${hwId}/`,
        "/",
      ])
        assert.equal(await status(`${path}?${tcb}`), 404, path);
    });

    test("wants every SPL of the product once, as a byte, and nothing else", async () => {
      for (const query of [
        "",
        tcb.replace(/&ucodeSPL=\d+/, ""),
        tcb.replace(/ucodeSPL=\d+/, "ucodeSPL=256"),
        tcb.replace(/ucodeSPL=\d+/, "ucodeSPL=-1"),
        tcb.replace(/ucodeSPL=\d+/, "ucodeSPL="),
        `${tcb}&snpSPL=24`,
        product === "Milan" ? `fmcSPL=1&${tcb}` : tcb.replace("fmcSPL=1&", ""),
      ])
        assert.equal(await status(`${vcekPath()}?${query}`), 400, query);
    });

    test("slows down whoever asks too often, and says for how long", async () => {
      let now = 1_000_000;
      kds = createSimulatedKds(pki, { vcekEveryMs: 10_000, now: () => now });
      const ask = () => kds.fetch(`${base}${vcekPath()}?${tcb}`);
      assert.equal((await ask()).status, 200);
      now += 3_500;
      const refused = await ask();
      assert.equal(refused.status, 429);
      assert.equal(refused.headers.get("retry-after"), "7");
      assert.equal((await kds.fetch(`${base}/vcek/v1/${product}/crl`)).status, 200);
      now += 7_000;
      assert.equal((await ask()).status, 200);
    });

    test("answers over HTTP as it does when called", async (t) => {
      const server = await kds.listen(0);
      t.after(server.close);
      const address = `http://127.0.0.1:${server.port}`;
      await verifyWith(fetch, pki, { report: await reportOf(pki), certificates: [] }, address);
      assert.equal((await fetch(`${address}/vcek/v1/Venice/crl`)).status, 404);
      assert.equal((await fetch(`${address}/vcek/v1/${product}/crl`, { method: "POST" })).status, 405);
      await assert.rejects(kds.listen(server.port), { code: "KDS_PORT_TAKEN" });
    });
  });
}
