import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amdRoots,
  type AttestationCode,
  AttestationError,
  checkRevocation,
  parseCertificate,
  parseCrl,
  type RevocationPolicy,
  simulatedRoot,
  verifyReport,
} from "#attestation";
import { fakeCrl, fakeEvidence, fakeOptions } from "./fake-processor.ts";
import { assertRefused } from "./refusal.ts";
import { certificateOf, evidenceOf, fileOf, index, skip } from "./vectors.ts";

const codesOf: Readonly<Record<string, AttestationCode>> = {
  cert_revoked: "EVIDENCE_CERTIFICATE_REVOKED",
  crl_expired: "EVIDENCE_CRL_EXPIRED",
  crl_not_yet_valid: "EVIDENCE_CRL_NOT_YET_VALID",
  crl_bad_signature: "EVIDENCE_CRL_SIGNATURE",
  crl_wrong_issuer: "EVIDENCE_CRL_ISSUER",
};

const required = (...crls: readonly Uint8Array[]): RevocationPolicy => ({ crls, absent: "refused", stale: "refused" });

for (const { name, crl, issuerArk, intermediate, verifyAt, expected, alsoAcceptable = [], decoded } of index.crl) {
  test(`CRL ${name}: ${expected}`, { skip }, async () => {
    const [child, root] = [intermediate, issuerArk].map((path) => parseCertificate(certificateOf(path)));
    assert.ok(child && root);
    const outcome = await checkRevocation(child, root, required(fileOf(crl)), Date.parse(verifyAt)).then(
      (status) => (status.checked ? "ok" : status.reason),
      (error: unknown) => (error instanceof AttestationError ? error.code : Promise.reject(error)),
    );
    const accepted = [expected, ...alsoAcceptable].map((one) => codesOf[one] ?? one);
    assert.ok(accepted.includes(outcome), `${outcome}, want ${accepted.join()}`);
  });
  if (decoded === undefined) continue;
  test(`parses CRL ${name} as others did`, { skip }, () => {
    const { revoked, thisUpdate, nextUpdate } = parseCrl(fileOf(crl));
    assert.deepEqual([...revoked.keys()], decoded.revokedSerials);
    if (decoded.thisUpdate !== undefined) assert.equal(thisUpdate, Date.parse(decoded.thisUpdate));
    if (decoded.nextUpdate !== undefined) assert.equal(nextUpdate, Date.parse(decoded.nextUpdate));
  });
}

for (const { name, crl, evidence, verifyAt, expected } of index.crl) {
  if (evidence === undefined) continue;
  test(`verifying ${evidence} with CRL ${name}: ${expected}`, { skip }, async () => {
    const one = index.synthetic.find((vector) => vector.name === evidence) ?? assert.fail("no vector");
    const roots = simulatedRoot(Buffer.from(index.about.syntheticRoots["Milan"]?.spkiSha256 ?? "", "hex"));
    const verify = () =>
      verifyReport(evidenceOf(one.name, one.files), {
        roots,
        now: new Date(verifyAt),
        revocation: required(fileOf(crl)),
      });
    const code = codesOf[expected];
    if (code === undefined) assert.equal((await verify()).revocation.checked, true);
    else await assertRefused(verify, code);
  });
}

test("a report under the revoked ASK of Genoa is refused by AMD's own CRL", { skip }, async () => {
  // No report under that ASK is public: the ASK itself is looked up, and its chain to the pinned root holds.
  const [revoked, root] = ["crl/sev-genoa-020001-revoked.der", "genoa-v2-vcek-google-oak-host-01/ark.der"].map((path) =>
    parseCertificate(certificateOf(path)),
  );
  assert.ok(revoked && root);
  assert.deepEqual(revoked.issuer, root.subject);
  const now = Date.parse("2025-06-01T00:00:00Z");
  await assertRefused(
    () => checkRevocation(revoked, root, required(fileOf("crl/genoa.crl.der")), now),
    "EVIDENCE_CERTIFICATE_REVOKED",
    {
      seen: "020001",
    },
  );
});

test("a real report is verified with AMD's CRL of its product among others", { skip }, async () => {
  const vector =
    index.vectors.find(({ name }) => name === "genoa-v2-vcek-google-oak-host-01") ?? assert.fail("no vector");
  const crls = ["crl/milan.crl.der", "crl/genoa.crl.der"].map(fileOf);
  const verified = await verifyReport(evidenceOf(vector.name, vector.files), {
    roots: amdRoots(),
    now: new Date("2025-06-01T00:00:00Z"),
    revocation: required(...crls),
  });
  assert.deepEqual(
    verified.notChecked.filter((text) => text.startsWith("revocation")),
    [],
  );
  assert.equal(verified.revocation.checked && verified.revocation.stale, null);
});

const verifyWith = async (revocation: RevocationPolicy) =>
  verifyReport(await fakeEvidence(), { ...fakeOptions, revocation });

test("a required CRL that is not there is refused", () =>
  assertRefused(() => verifyWith(required()), "EVIDENCE_CRL_MISSING"));

test("a CRL that may be absent is named as not checked, with the reason", async () => {
  const verified = await verifyWith({ crls: [], absent: { accepted: "KDS was unreachable" }, stale: "refused" });
  assert.deepEqual(verified.revocation, { checked: false, reason: "KDS was unreachable" });
  assert.ok(verified.notChecked.includes("revocation: KDS was unreachable"));
});

test("a current CRL leaves nothing unchecked", async () => {
  const verified = await verifyWith(required(await fakeCrl({})));
  assert.equal(verified.revocation.checked, true);
  assert.deepEqual(verified.notChecked, []);
});

test("a CRL is current at the very second of its nextUpdate and stale one later", async () => {
  const crl = await fakeCrl({ nextUpdate: "260601000000Z" });
  await verifyWith(required(crl));
  const now = new Date(fakeOptions.now.getTime() + 1000);
  const evidence = await fakeEvidence();
  await assertRefused(
    () => verifyReport(evidence, { ...fakeOptions, now, revocation: required(crl) }),
    "EVIDENCE_CRL_EXPIRED",
  );
});

test("a stale CRL that is accepted is named as such", async () => {
  const crl = await fakeCrl({ nextUpdate: "260531235959Z" });
  const verified = await verifyWith({ crls: [crl], absent: "refused", stale: { accepted: "offline for a week" } });
  assert.ok(verified.notChecked.includes("age of the CRL: offline for a week"));
});

test("what a stale CRL revokes stays revoked, also where stale ones are accepted", async () => {
  const crl = await fakeCrl({ nextUpdate: "260531235959Z", revoked: ["00"] });
  await assertRefused(
    () => verifyWith({ crls: [crl], absent: "refused", stale: { accepted: "offline" } }),
    "EVIDENCE_CERTIFICATE_REVOKED",
  );
});

test("of two CRLs, either can revoke", async () => {
  const [old, now] = await Promise.all([
    fakeCrl({ thisUpdate: "260101000000Z", revoked: ["00"] }),
    fakeCrl({ thisUpdate: "260501000000Z" }),
  ]);
  await assertRefused(() => verifyWith(required(now, old)), "EVIDENCE_CERTIFICATE_REVOKED");
});

test("a CRL from the future is refused", async () => {
  const crl = await fakeCrl({ thisUpdate: "260601000001Z" });
  await assertRefused(() => verifyWith(required(crl)), "EVIDENCE_CRL_NOT_YET_VALID");
});

test("a CRL that an ARK without cRLSign signed is refused", async () => {
  const evidence = await fakeEvidence({
    ark: (one) => ({
      ...one,
      extensions: one.extensions.map((extension) =>
        extension.oid === "2.5.29.15" ? { ...extension, value: Uint8Array.of(3, 2, 2, 4) } : extension,
      ),
    }),
  });
  const revocation = required(await fakeCrl({}));
  await assertRefused(() => verifyReport(evidence, { ...fakeOptions, revocation }), "EVIDENCE_CRL_SIGNATURE");
});

test("a CRL signed with another algorithm is refused before its signature is tried", async () => {
  const sha256WithRsa = Buffer.from("300d06092a864886f70d01010b0500", "hex");
  const crl = await fakeCrl({ algorithm: sha256WithRsa });
  await assertRefused(() => verifyWith(required(crl)), "EVIDENCE_CERTIFICATE_ALGORITHM");
});

const unset: readonly [string, unknown][] = [
  ["unset", undefined],
  ["without a reason", { unchecked: "" }],
  ["without what to do when absent", { crls: [], stale: "refused" }],
  ["without what to do when stale", { crls: [], absent: "refused" }],
  ["with an empty reason", { crls: [], absent: { accepted: "" }, stale: "refused" }],
  ["with a list that is no list", { crls: "none", absent: "refused", stale: "refused" }],
];
for (const [what, revocation] of unset) {
  test(`a revocation policy ${what} is an error of the verifier`, async () => {
    const evidence = await fakeEvidence();
    // Callers without types can pass anything.
    const options = { ...fakeOptions, revocation: revocation as RevocationPolicy };
    await assertRefused(() => verifyReport(evidence, options), "REFERENCE_VALUES_INCOMPLETE", { field: "revocation" });
  });
}

test("judges the CRLs as they were when it was called", async () => {
  const crl = await fakeCrl({ revoked: ["00"] });
  const evidence = await fakeEvidence();
  const call = verifyReport(evidence, { ...fakeOptions, revocation: required(crl) });
  crl.fill(0);
  await assertRefused(() => call, "EVIDENCE_CERTIFICATE_REVOKED");
});
