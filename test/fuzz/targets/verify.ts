import { type ReportEvidence, verifyReport } from "#attestation";
import {
  fakeCrl,
  fakeEvidence,
  fakeOptions,
  fakeReport,
  vcekExtensions,
} from "../../lib/attestation/fake-processor.ts";
import { isGenuine } from "../genuine-report.ts";
import { acceptedLater, type FuzzTarget, hold, same } from "../target.ts";

const evidence = await fakeEvidence();
const crl = await fakeCrl();
/** The leaf of the same key at another TCB. */
const otherLeaf = await fakeEvidence({
  vcek: (leaf) => ({
    ...leaf,
    extensions: vcekExtensions.map((one) =>
      one.oid.endsWith(".3.8") ? { ...one, value: Uint8Array.of(2, 1, 7) } : one,
    ),
  }),
});
const pool = [...evidence.certificates, ...otherLeaf.certificates.slice(0, 1), evidence.report, crl];

/** Reads a program of four bytes for each step: which part, where (two bytes), and what. At most 24 steps. */
function* steps(program: Uint8Array): Generator<readonly [part: number, offset: number, value: number]> {
  for (let at = 0; at + 4 <= Math.min(program.length, 96); at += 4) {
    const [part = 0, high = 0, low = 0, value = 0] = program.subarray(at, at + 4);
    yield [part, high * 256 + low, value];
  }
}

/** Damages parts by exclusive or. */
function damage(parts: readonly Uint8Array[], program: Uint8Array): readonly Uint8Array[] {
  const damaged = parts.map((part) => Uint8Array.from(part));
  for (const [part, offset, mask] of steps(program)) {
    const bytes = damaged[part % damaged.length];
    if (bytes === undefined) continue;
    const at = offset % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ mask;
  }
  return damaged;
}

const isAccepted = async (presented: ReportEvidence): Promise<boolean> =>
  (await acceptedLater(() => verifyReport(presented, fakeOptions))) !== null;

const modes: readonly ((program: Uint8Array) => Promise<void>)[] = [
  async function damagedEvidence(program) {
    const parts = [evidence.report, ...evidence.certificates];
    const [report = evidence.report, ...certificates] = damage(parts, program);
    const isWhole = [report, ...certificates].every((part, at) => same(part, parts[at] ?? part));
    hold(
      (await isAccepted({ report, certificates })) === isWhole,
      "whole evidence is accepted, damaged evidence is not",
    );
  },
  async function otherCertificates(program) {
    const certificates = [...program].map((which) => pool[which % pool.length] ?? evidence.report);
    const isComplete = evidence.certificates.every((one) => certificates.includes(one));
    const verdict = await isAccepted({ report: evidence.report, certificates });
    hold(isComplete || !verdict, "a chain needs its leaf, its intermediate and its root");
  },
  async function signedReports(program) {
    const report = await fakeReport((bytes) => {
      for (const [, offset, value] of steps(program)) bytes[offset % bytes.length] = value;
    });
    const verdict = await isAccepted({ report, certificates: evidence.certificates });
    hold(verdict === isGenuine(report, evidence.report), "a signed report is genuine or refused");
  },
  async function damagedRevocationLists(program) {
    const [list = crl] = damage([crl], program);
    const verdict = await acceptedLater(() =>
      verifyReport(evidence, { ...fakeOptions, revocation: { crls: [list], absent: "refused", stale: "refused" } }),
    );
    hold((verdict !== null) === same(list, crl), "a whole list is accepted, a damaged one is not");
  },
];

const seeds = [
  [0],
  [0, 0, 0x01, 0x80, 1],
  [0, 1, 0x02, 0x00, 0x80],
  [1, 0, 1, 2],
  [1, 3, 2, 1, 0],
  [1, 5, 0, 1, 2, 4],
  [2],
  [2, 0, 0x01, 0x80, 5, 0, 0x00, 0x00, 3],
  [2, 0, 0x00, 0x00, 2, 0, 0x01, 0x88, 0, 0, 0x01, 0x89, 0, 0, 0x01, 0x8a, 0],
  [3],
  [3, 0, 0x00, 0x40, 1],
];

/** The whole verification, on genuine evidence that the input changes: before it is signed, or after. */
export const target: FuzzTarget = {
  waits: true,
  seeds: () => seeds.map((bytes) => Uint8Array.from(bytes)),
  run: async (data) => {
    await modes[(data[0] ?? 0) % modes.length]?.(data.subarray(1));
  },
};
