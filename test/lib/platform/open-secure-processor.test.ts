// What a deployment can choose, and that nothing else is tried in its place.
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as v from "valibot";
import { reportDataOf } from "#attestation";
import { EvidenceSource as SourceMessage } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { evidenceSourceSchema, toEvidenceMessage } from "#mesh";
import { type EvidenceSource, openSecureProcessor, type SecureProcessorSource } from "#platform";
import { analyticsConfig } from "../../../services/analytics/config.ts";
import { providerConfig } from "../../../services/provider/config.ts";
import { assertPlatformRefused } from "./platform-refusal.ts";

describe("the source of evidence", () => {
  const nowhere = join(tmpdir(), "sealmesh-no-such-folder");
  const absent: readonly SecureProcessorSource[] = [
    { kind: "simulated", fd: 9_999 },
    { kind: "configfs-tsm", root: nowhere },
    { kind: "skr-sidecar", port: 9, timeoutMs: 1_000 },
  ];
  for (const source of absent) {
    test(`${source.kind} is the only one that is tried`, async () => {
      const processor = openSecureProcessor(source);
      assert.equal(processor.hardwareRoot, source.kind === "simulated" ? "simulated" : "amd");
      const refused = source.kind === "configfs-tsm" ? "SOURCE_UNSUITABLE" : "REPORT_UNAVAILABLE";
      const document = new Uint8Array(1);
      await assertPlatformRefused(processor.report(await reportDataOf(document), document), refused);
      processor.close();
    });
  }

  test("goes into the message of evidence by its name", () => {
    const evidence = { report: new Uint8Array(), certificates: [], runtimeClaims: new Uint8Array() };
    const sourceIn = (source?: EvidenceSource) => {
      const { technology } = toEvidenceMessage(source === undefined ? evidence : { ...evidence, source });
      return technology.case === "sevSnp" ? technology.value.source : undefined;
    };
    assert.equal(sourceIn("simulated"), SourceMessage.SIMULATED);
    assert.equal(sourceIn("configfs-tsm"), SourceMessage.CONFIGFS_TSM);
    assert.equal(sourceIn("skr-sidecar"), SourceMessage.SKR_SIDECAR);
    assert.equal(sourceIn(), SourceMessage.UNSPECIFIED);
  });
});

describe("a configuration", () => {
  test("that says nothing about evidence has it from the simulated host", () => {
    assert.deepEqual(v.parse(evidenceSourceSchema, undefined), { kind: "simulated", fd: 3 });
  });

  test("of every confidential workload can choose the source", () => {
    const evidence = { kind: "skr-sidecar", port: 8080, securityContext: {} };
    const chosen = { kind: "skr-sidecar", port: 8080, securityContext: { root: "/" } };
    const places = { party: "contoso", port: 1, tls: "on", brokers: {}, providers: {}, evidence };
    assert.deepEqual(v.parse(providerConfig, { ...places, storage: "/storage" }).evidence, chosen);
    const revocation = { unchecked: "not the point here" };
    assert.deepEqual(v.parse(analyticsConfig, { ...places, revocation }).evidence, chosen);
  });

  for (const [what, evidence] of Object.entries({
    "an unknown source": { kind: "tpm" },
    "a source that is to be guessed": { kind: "auto" },
    "no kind": { port: 8080 },
    "a privlevel of 4": { kind: "configfs-tsm", privlevel: 4 },
    "a host to call": { kind: "skr-sidecar", host: "10.0.0.1" },
    "a port beyond all": { kind: "skr-sidecar", port: 65_536 },
    "no time": { kind: "configfs-tsm", timeoutMs: 0 },
    "standard input for a channel": { kind: "simulated", fd: 0 },
    "a security context for the simulated source": { kind: "simulated", fd: 3, securityContext: {} },
  })) {
    test(`with ${what} is refused`, () => {
      assert.equal(v.safeParse(evidenceSourceSchema, evidence).success, false);
    });
  }
});
