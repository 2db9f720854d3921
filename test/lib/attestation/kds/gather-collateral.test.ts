import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  amdRoots,
  chainPath,
  crlPath,
  gatherCollateral,
  type KdsClient,
  createKdsClient,
  parseReport,
  vcekPath,
  verifyReport,
} from "#attestation";
import { fakeCrl, fakeEvidence, fakeNow, fakeOptions } from "../fake-processor.ts";
import { assertRefused } from "../refusal.ts";
import { certificateOf, evidenceOf, fileOf, index, skip } from "../vectors.ts";
import { type FakeKds, openFakeKds, type Served } from "./fake-kds.ts";

const looked = index.vectors.filter(({ signingKey }) => signingKey === "VCEK");
const pem = (der: Uint8Array) => {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
};

let kds: FakeKds;
before(async () => {
  const answers: Record<string, readonly Served[]> = {};
  for (const { name, files, product } of looked) {
    const [leaf, ask, ark] = [files.vek, files.intermediate, files.ark].map((file) => certificateOf(`${name}/${file}`));
    assert.ok(leaf && ask && ark);
    answers[vcekPath(parseReport(fileOf(`${name}/${files.report}`)), product)] = [leaf];
    answers[chainPath(product, "vcek")] = [Buffer.from(pem(ask) + pem(ark))];
  }
  kds = await openFakeKds(answers);
});
after(() => kds.close());

const clientOf = (base: string): KdsClient => {
  const kept = new Map<string, Uint8Array>();
  const store = {
    get: async (path: string) => kept.get(path) ?? null,
    put: async (path: string, bytes: Uint8Array) => {
      kept.set(path, bytes);
    },
  };
  return createKdsClient({
    fetch,
    store,
    now: () => fakeNow.getTime(),
    sleep: async () => undefined,
    base,
    attempts: 1,
  });
};
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

test("a CRL that cannot be had is missing, unless that is accepted for a reason", async () => {
  const evidence = await fakeEvidence();
  const gathered = await gatherCollateral(evidence, {
    kds: clientOf(kds.base),
    unreachable: "refused",
    stale: "refused",
  });
  await assertRefused(
    () => verifyReport(gathered.evidence, { ...fakeOptions, revocation: gathered.revocation }),
    "EVIDENCE_CRL_MISSING",
  );
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
  const chain = Buffer.from(pem(certificateOf(one.files.intermediate)) + pem(certificateOf(one.files.ark)));
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
  const unreachable = clientOf("http://127.0.0.1:9");
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
