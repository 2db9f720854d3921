import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  parseCertificate,
  reportDataOf,
  spkiSha256,
  verifyReport,
  type Evidence,
  type TrustedRoots,
} from "#attestation";
import { createGuest } from "../../services/launcher/host/guest.ts";
import { openSimulatedPki } from "../../services/launcher/host/simulated-pki.ts";
import {
  createOwnAuthority,
  signedByStranger,
  underOwnRoot,
  withOtherClaims,
  type GenuineReport,
} from "../../services/snooper/forgery.ts";

const claims = new TextEncoder().encode('{"sealmesh":{}}');
let folder: string;
let genuine: GenuineReport;
let pinned: TrustedRoots;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "forgery-"));
  const pki = await openSimulatedPki(join(folder, "pki"));
  const guest = createGuest(pki, { policyDocument: Uint8Array.of(1), measurementDocument: Uint8Array.of(2) });
  genuine = { report: await guest.report(new Uint8Array(64)), certificates: guest.certificates };
  pinned = { kind: "simulated", arkSpkiSha256: pki.arkSpkiSha256 };
});
after(() => rm(folder, { recursive: true }));

const verify = (evidence: Evidence, roots: TrustedRoots) =>
  verifyReport(evidence, { roots, now: new Date(), revocation: { unchecked: "not of this test" } });

test("the genuine report is genuine", async () => {
  await verifyReport(genuine, { roots: pinned, now: new Date(), revocation: { unchecked: "not of this test" } });
});

test("other claims, and another key's signature, break the report's signature and nothing before it", async () => {
  await assert.rejects(verify(await withOtherClaims(genuine, claims), pinned), { code: "EVIDENCE_SIGNATURE" });
  await assert.rejects(verify(await signedByStranger(genuine, claims), pinned), { code: "EVIDENCE_SIGNATURE" });
});

test("evidence under an own root is refused for its root alone: pinned to that root, it verifies", async () => {
  const forged = await underOwnRoot(genuine, claims, await createOwnAuthority());
  await assert.rejects(verify(forged, pinned), { code: "EVIDENCE_ROOT_UNTRUSTED" });
  const ark = forged.certificates[2] ?? new Uint8Array();
  const { report } = await verify(forged, { kind: "simulated", arkSpkiSha256: await spkiSha256(ark) });
  assert.deepEqual(report.reportData, await reportDataOf(claims));
  assert.deepEqual(
    parseCertificate(ark).subject,
    parseCertificate(genuine.certificates[2] ?? new Uint8Array()).subject,
  );
});
