import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  amdRoots,
  AttestationError,
  chainPath,
  crlPath,
  gatherCollateral,
  createKdsClient,
  createMemoryStore,
  type KdsClient,
  parseReport,
  type Product,
  type Tolerance,
  vcekPath,
  verifyReport,
} from "#attestation";
import { type FakeCertificate, fakeCrl, fakeEvidence, fakeNow, fakeOptions } from "../fake-processor.ts";
import { assertRefused } from "../refusal.ts";
import { certificateOf, evidenceOf, fileOf, index, skip, type Vector } from "../vectors.ts";
import { type FakeKds, openFakeKds, pemOf, type Served } from "./fake-kds.ts";

const looked = index.vectors.filter(({ signingKey }) => signingKey === "VCEK");
let kds: FakeKds;
before(async () => {
  const answers: Record<string, readonly Served[]> = {};
  for (const { name, files, product } of looked) {
    const [leaf, ask, ark] = [files.vek, files.intermediate, files.ark].map((file) => certificateOf(`${name}/${file}`));
    assert.ok(leaf && ask && ark);
    answers[vcekPath(parseReport(fileOf(`${name}/${files.report}`)), product)] = [leaf];
    answers[chainPath(product, "vcek")] = [pemOf([ask, ark])];
  }
  kds = await openFakeKds(answers);
});
after(() => kds.close());

const clientOf = (base: string, store = createMemoryStore()): KdsClient =>
  createKdsClient({ fetch, store, now: () => fakeNow.getTime(), sleep: async () => undefined, base, attempts: 1 });
/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";
const accepted = { unreachable: { accepted: "this service has no lists" }, stale: "refused" } as const;

for (const { name, files, verifyAt, product } of looked) {
  test(`${name} is verified with what AMD's service has for it, and nothing else`, { skip }, async () => {
    const bare = { report: fileOf(`${name}/${files.report}`), certificates: [] };
    const options = { kds: clientOf(kds.base), product, ...accepted };
    const { evidence, revocation, fetched } = await gatherCollateral(bare, options);
    assert.deepEqual(fetched, [`VCEK of ${product}`, `chain of ${product}`]);
    const verified = await verifyReport(evidence, { roots: amdRoots(), now: new Date(verifyAt), revocation });
    assert.ok(verified.notChecked.includes("revocation: this service has no lists"));
  });
}

test("what is at hand is not fetched", { skip }, async () => {
  const { name, files } = looked[0] ?? assert.fail("no vector");
  const before = kds.asked.length;
  const { fetched } = await gatherCollateral(evidenceOf(name, files), { kds: clientOf(kds.base), ...accepted });
  assert.deepEqual(fetched, []);
  assert.equal(
    kds.asked.slice(before).some((path) => path.includes("SPL") || path.includes("chain")),
    false,
  );
});

test("a CRL that cannot be had is unavailable, unless that is accepted for a reason", async () => {
  const kds = clientOf(NOWHERE);
  const evidence = await fakeEvidence();
  await assertRefused(
    () => gatherCollateral(evidence, { kds, unreachable: "refused", stale: "refused" }),
    "COLLATERAL_UNAVAILABLE",
  );
  const gathered = await gatherCollateral(evidence, { kds, ...accepted });
  assert.deepEqual(
    gathered.notObtained.map(({ what, why }) => [what, why.code]),
    [["CRL of Milan", "COLLATERAL_UNAVAILABLE"]],
  );
  const verified = await verifyReport(gathered.evidence, { ...fakeOptions, revocation: gathered.revocation });
  assert.deepEqual(verified.notChecked, ["revocation: this service has no lists"]);
});

test("a CRL that came with the evidence is used when the service gives none, and that is named", async () => {
  const evidence = { ...(await fakeEvidence()), crls: [await fakeCrl()] };
  const options = { kds: clientOf(NOWHERE), unreachable: "refused", stale: "refused" } as const;
  const gathered = await gatherCollateral(evidence, options);
  assert.deepEqual(
    gathered.notObtained.map(({ what }) => what),
    ["CRL of Milan"],
  );
  const verified = await verifyReport(gathered.evidence, { ...fakeOptions, revocation: gathered.revocation });
  assert.equal(verified.revocation.checked, true);
});

test("a CRL that came with the evidence does not keep the service's from being asked for", async () => {
  const service = await openFakeKds({ [crlPath("Milan", "vcek")]: [await fakeCrl({ revoked: ["00"] })] });
  try {
    const evidence = { ...(await fakeEvidence()), crls: [await fakeCrl()] };
    const gathered = await gatherCollateral(evidence, { kds: clientOf(service.base), ...accepted });
    await assertRefused(
      () => verifyReport(gathered.evidence, { ...fakeOptions, revocation: gathered.revocation }),
      "EVIDENCE_CERTIFICATE_REVOKED",
    );
  } finally {
    service.close();
  }
});

test("a kept CRL that could not be renewed is left to what is said of stale ones, and named", async () => {
  const store = createMemoryStore();
  await store.put(crlPath("Milan", "vcek"), await fakeCrl({ nextUpdate: "260501000000Z" }));
  const verifyWith = async (stale: Tolerance) => {
    const options = { kds: clientOf(NOWHERE, store), unreachable: "refused", stale } as const;
    const { evidence, revocation, notObtained } = await gatherCollateral(await fakeEvidence(), options);
    assert.deepEqual(
      notObtained.map(({ what }) => what),
      ["newer CRL of Milan"],
    );
    return verifyReport(evidence, { ...fakeOptions, revocation });
  };
  await assertRefused(() => verifyWith("refused"), "EVIDENCE_CRL_EXPIRED");
  const verified = await verifyWith({ accepted: "offline for a month" });
  assert.deepEqual(verified.notChecked, ["age of the CRL: offline for a month"]);
});

test("a real report is verified with the list that the service has of its root", { skip }, async () => {
  const name = "genoa-v2-vcek-google-oak-host-01";
  const { files, product } = looked.find((one) => one.name === name) ?? assert.fail("no vector");
  const service = await openFakeKds({ [crlPath(product, "vcek")]: [fileOf("crl/genoa.crl.der")] });
  try {
    const options = { kds: clientOf(service.base), unreachable: "refused", stale: "refused" } as const;
    const { evidence, revocation } = await gatherCollateral(evidenceOf(name, files), options);
    const now = new Date("2025-06-01T00:00:00Z");
    const verified = await verifyReport(evidence, { roots: amdRoots(), now, revocation });
    assert.equal(verified.revocation.checked && verified.revocation.stale, null);
  } finally {
    service.close();
  }
});

const lowerTcb = (_: Uint8Array, view: DataView): void => view.setBigUint64(0x180, 0xdb17000000000004n, true);
const spl = (one: FakeCertificate): FakeCertificate => ({
  ...one,
  extensions: one.extensions.map((extension) =>
    extension.oid.endsWith(".3.3") ? { ...extension, value: Uint8Array.of(2, 1, 23) } : extension,
  ),
});

for (const [what, at] of [
  ["of another TCB", await fakeEvidence()],
  ["that does not say its TCB", await fakeEvidence({ vcek: (one) => ({ ...one, extensions: [] }) })],
] as const) {
  test(`a leaf ${what} does not keep the report's own from being fetched`, async () => {
    const { report, certificates } = await fakeEvidence({ report: lowerTcb, vcek: spl });
    const service = await openFakeKds({ [vcekPath(parseReport(report), "Milan")]: certificates.slice(0, 1) });
    try {
      const options = { kds: clientOf(service.base), ...accepted };
      const gathered = await gatherCollateral({ report, certificates: at.certificates }, options);
      assert.deepEqual(gathered.fetched, ["VCEK of Milan"]);
      await verifyReport(gathered.evidence, { ...fakeOptions, revocation: gathered.revocation });
    } finally {
      service.close();
    }
  });
}

test("a leaf of another TCB stays for the verifier to name where none can be looked up", async () => {
  const report = (all: Uint8Array, view: DataView): void => {
    lowerTcb(all, view);
    all.fill(0, 0x1a0, 0x1e0);
  };
  const { evidence } = await gatherCollateral(await fakeEvidence({ report }), { kds: clientOf(NOWHERE), ...accepted });
  await assertRefused(() => verifyReport(evidence, fakeOptions), "EVIDENCE_TCB_MISMATCH");
});

test("a report of a VLEK without it cannot be completed", { skip }, async () => {
  const { name, files } = index.vectors.find(({ signingKey }) => signingKey === "VLEK") ?? assert.fail("no vector");
  const { report, certificates } = evidenceOf(name, files);
  const evidence = { report, certificates: certificates.slice(1) };
  await assertRefused(
    () => gatherCollateral(evidence, { kds: clientOf(NOWHERE), ...accepted }),
    "EVIDENCE_COLLATERAL_IMPOSSIBLE",
  );
});

test("under AMD's roots a chain that cannot be had is not needed, and is named", { skip }, async () => {
  const vector = index.vectors.find(({ signingKey }) => signingKey === "VLEK") ?? assert.fail("no vector");
  const { report, certificates } = evidenceOf(vector.name, vector.files);
  const bare = { report, certificates: certificates.slice(0, 1) };
  const options = { kds: clientOf(NOWHERE), ...accepted };
  await assertRefused(() => gatherCollateral(bare, options), "COLLATERAL_UNAVAILABLE");
  const { evidence, revocation, notObtained } = await gatherCollateral(bare, { ...options, hardwareRoot: "amd" });
  assert.deepEqual(
    notObtained.map(({ what }) => what),
    ["chain of Milan", "CRL of Milan"],
  );
  await verifyReport(evidence, { roots: amdRoots(), now: new Date(vector.verifyAt), revocation });
});

test("authorities of the other kind do not count as the chain", { skip }, async () => {
  const { name, files } = index.vectors.find(({ signingKey }) => signingKey === "VLEK") ?? assert.fail("no vector");
  const { report, certificates } = evidenceOf(name, files);
  const [leaf, asvk, root] = certificates;
  const ask = certificateOf("milan-v3-vcek-azure-caci-01/ask.pem");
  assert.ok(leaf && asvk && root);
  const service = await openFakeKds({ [chainPath("Milan", "vlek")]: [pemOf([asvk, root])] });
  try {
    const options = { kds: clientOf(service.base), ...accepted };
    const { fetched } = await gatherCollateral({ report, certificates: [leaf, ask, root] }, options);
    assert.deepEqual(fetched, ["chain of Milan"]);
  } finally {
    service.close();
  }
});

test("authorities of another product do not count as the chain", { skip }, async () => {
  const evidenceOfOne = (wanted: Product) => {
    const isWanted = ({ product, decoded }: Vector) => product === wanted && decoded.version > 2;
    const { name, files } = looked.find(isWanted) ?? assert.fail("no vector");
    return evidenceOf(name, files);
  };
  const { report, certificates } = evidenceOfOne("Milan");
  const mixed = [...certificates.slice(0, 1), ...evidenceOfOne("Genoa").certificates.slice(1)];
  const options = { kds: clientOf(kds.base), ...accepted };
  const { fetched } = await gatherCollateral({ report, certificates: mixed }, options);
  assert.deepEqual(fetched, ["chain of Milan"]);
});

test("what is wrong with the evidence is not taken for a service that gives nothing", async () => {
  const wrong = new AttestationError("EVIDENCE_PRODUCT_MISMATCH", "of another product");
  const client: KdsClient = { ...clientOf(NOWHERE), crl: () => Promise.reject(wrong) };
  const evidence = await fakeEvidence();
  await assert.rejects(gatherCollateral(evidence, { kds: client, ...accepted }), wrong);
});

test("completes the evidence as it was when it was called", async () => {
  const { report, certificates } = await fakeEvidence();
  const copies = { report: Uint8Array.from(report), certificates: certificates.map((one) => Uint8Array.from(one)) };
  const call = gatherCollateral({ report, certificates }, { kds: clientOf(NOWHERE), ...accepted });
  for (const bytes of [report, ...certificates]) bytes.fill(0);
  assert.deepEqual((await call).evidence, copies);
});

test("the service's CRL revokes", async () => {
  const service = await openFakeKds({ [crlPath("Milan", "vcek")]: [await fakeCrl({ revoked: ["00"] })] });
  try {
    const gathered = await gatherCollateral(await fakeEvidence(), { kds: clientOf(service.base), ...accepted });
    assert.deepEqual(gathered.fetched, ["CRL of Milan"]);
    await assertRefused(
      () => verifyReport(gathered.evidence, { ...fakeOptions, revocation: gathered.revocation }),
      "EVIDENCE_CERTIFICATE_REVOKED",
    );
  } finally {
    service.close();
  }
});

test("a service that serves somebody else's chain is refused by the pin", { skip }, async () => {
  const one = index.synthetic.find(({ name }) => name.endsWith("ok-milan-v3-vcek")) ?? assert.fail("no vector");
  const report = fileOf(one.files.report);
  const chain = pemOf([certificateOf(one.files.intermediate), certificateOf(one.files.ark)]);
  const service = await openFakeKds({
    [vcekPath(parseReport(report), "Milan")]: [certificateOf(one.files.vek)],
    [chainPath("Milan", "vcek")]: [chain],
  });
  try {
    const { evidence, revocation } = await gatherCollateral(
      { report, certificates: [] },
      { kds: clientOf(service.base), ...accepted },
    );
    const options = { roots: amdRoots(), now: new Date(one.verifyAt), revocation };
    await assertRefused(() => verifyReport(evidence, options), "EVIDENCE_ROOT_UNTRUSTED");
  } finally {
    service.close();
  }
});

test("no other certificate stands in for one that cannot be had", async () => {
  const { report } = await fakeEvidence();
  const unreachable = clientOf(NOWHERE);
  await assertRefused(
    () => gatherCollateral({ report, certificates: [] }, { kds: unreachable, ...accepted }),
    "COLLATERAL_UNAVAILABLE",
  );
});

test("a version 2 report without certificates needs to be told its product", { skip }, async () => {
  const { name, files } = looked.find(({ decoded }) => decoded.version === 2) ?? assert.fail("no vector");
  const bare = { report: fileOf(`${name}/${files.report}`), certificates: [] };
  await assertRefused(
    () => gatherCollateral(bare, { kds: clientOf(kds.base), ...accepted }),
    "EVIDENCE_PRODUCT_UNKNOWN",
  );
});
