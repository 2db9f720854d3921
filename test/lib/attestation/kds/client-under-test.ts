// A client of a service on loopback, with everything around it to be looked at: a report, its VCEK, and where that is asked for.
import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { type CollateralStore, createKdsClient, type KdsOptions, parseReport, vcekPath } from "#attestation";
import { fakeEvidence, fakeNow } from "../fake-processor.ts";
import { type FakeKds, openFakeKds, type Served } from "./fake-kds.ts";

let kds: FakeKds | undefined;
afterEach(() => kds?.close());

/** A store whose contents can be seen. */
export const memory = (): CollateralStore & { readonly kept: Map<string, Uint8Array> } => {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    get: async (path) => kept.get(path) ?? null,
    put: async (path, bytes) => {
      kept.set(path, bytes);
    },
  };
};

const { report: bytes, certificates } = await fakeEvidence();
export const report = parseReport(bytes);
const certificateAt = (index: number): Uint8Array => certificates[index] ?? assert.fail("a certificate is missing");
export const [leaf, ask, ark] = [certificateAt(0), certificateAt(1), certificateAt(2)];
export const path = vcekPath(report, "Milan");

/** A client of a service with these answers, its waits, and what it keeps. */
export const clientOf = async (
  answers: Readonly<Record<string, readonly Served[]>>,
  options: Partial<KdsOptions> = {},
) => {
  kds = await openFakeKds(answers);
  const waits: number[] = [];
  const store = memory();
  const client = createKdsClient({
    fetch,
    store,
    now: () => fakeNow.getTime(),
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
    base: kds.base,
    ...options,
  });
  return { client, waits, store, asked: kds.asked };
};
