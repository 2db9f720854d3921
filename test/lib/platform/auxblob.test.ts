import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { amdRoots, parseReport, verifyReport } from "#attestation";
import { fileOf, index, mutate, skip } from "../attestation/vectors.ts";
import { createFakeTsm, openFakeTsm } from "./fake-tsm.ts";
import { assertPlatformRefused } from "./platform-refusal.ts";

const nonce = new Uint8Array(64);

describe("real certificate tables in auxblob", () => {
  for (const vector of index.vectors) {
    const { name, files, verifyAt } = vector;
    const { certTable } = files;
    if (certTable === undefined) continue;
    test(`of ${name} come with the report and verify it`, { skip }, async () => {
      const report = fileOf(`${name}/${files.report}`);
      const kernel = createFakeTsm({ firmware: () => report, table: fileOf(`${name}/${certTable}`) });
      const { reportData } = parseReport(report);
      const answer = await openFakeTsm(kernel).report(reportData);
      assert.ok(answer.certificates.length > 0);
      const verified = await verifyReport(answer, {
        roots: amdRoots(),
        now: new Date(verifyAt),
        revocation: { unchecked: "the vector is old" },
      });
      assert.equal(verified.signer, vector.signingKey.toLowerCase());
    });
  }

  test("are refused when cut short", { skip }, async () => {
    const vector = index.vectors.find(({ files }) => files.certTable !== undefined);
    assert.ok(vector?.files.certTable !== undefined);
    const table = mutate(fileOf(`${vector.name}/${vector.files.certTable}`), {
      target: "certTable",
      op: "truncate",
      length: 60,
    });
    await assertPlatformRefused(openFakeTsm(createFakeTsm({ table })).report(nonce), "COLLATERAL_UNUSABLE");
  });
});
