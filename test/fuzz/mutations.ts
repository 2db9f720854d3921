import { amdRoots, type ReportEvidence, verifyReport, type VerifyOptions } from "#attestation";
import { fakeCrl, fakeEvidence, fakeOptions } from "../lib/attestation/fake-processor.ts";
import { evidenceOf, index } from "../lib/attestation/vectors.ts";
import { acceptedLater, hold, same } from "./target.ts";

/** Genuine evidence, and the options under which it is. */
export interface Genuine {
  readonly name: string;
  readonly evidence: ReportEvidence;
  readonly options: VerifyOptions;
}

/** Bytes of a report that may change without a verdict changing: none. */
export const IGNORED_BYTES: readonly number[] = [];

/** Every real report that is genuine, with AMD's certificates; a fake one where the vectors are absent, and always one with a CRL. */
export async function genuineEvidence(): Promise<readonly Genuine[]> {
  const revocation = { crls: [await fakeCrl()], absent: "refused", stale: "refused" } as const;
  const real = index.vectors.map(({ name, files, verifyAt }) => ({
    name,
    evidence: evidenceOf(name, files),
    options: { ...fakeOptions, roots: amdRoots(), now: new Date(verifyAt) },
  }));
  const fake = { name: "fake", evidence: await fakeEvidence(), options: { ...fakeOptions, revocation } };
  return [...real, fake];
}

/** Pseudo-random whole numbers below a bound: the same for the same seed (xorshift32, which never is zero). */
export function randomOf(seed: number): (bound: number) => number {
  let state = seed >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

type Random = (bound: number) => number;

/** One change of a report, in the ways in which bytes go wrong: a bit, a byte, a run of bytes, two places swapped, another length. */
const changes: readonly ((report: Uint8Array, random: Random) => Uint8Array)[] = [
  (report, random) => {
    const at = random(report.length);
    report[at] = (report[at] ?? 0) ^ (1 << random(8));
    return report;
  },
  (report, random) => {
    report[random(report.length)] = random(256);
    return report;
  },
  (report, random) => {
    const at = random(report.length);
    return report.fill(random(2) === 0 ? 0 : random(256), at, at + 1 + random(64));
  },
  (report, random) => {
    const size = 1 + random(48);
    const [from, to] = [random(report.length - size), random(report.length - size)];
    return report.copyWithin(to, from, from + size);
  },
  (report, random) => {
    const at = random(report.length);
    for (let bytes = 1 + random(8); bytes > 0; bytes -= 1) report[(at + random(16)) % report.length] = random(256);
    return report;
  },
  (report, random) => report.slice(0, random(report.length)),
  (report, random) => Uint8Array.from([...report, ...Array.from({ length: 1 + random(32) }, () => random(256))]),
];

/** What came out of a number of changed reports. */
export interface MutationCount {
  readonly tried: number;
  /** How often each code refused. */
  readonly refusals: ReadonlyMap<string, number>;
}

/**
 * Verifies changed reports, each beside its own certificates. Throws at the first that is accepted, and at the first exception that is
 * not an AttestationError; what it throws says how to make that report again.
 */
export async function tryMutations(
  genuine: readonly Genuine[],
  count: number,
  seed: number,
  onProgress: (tried: number) => void = () => {},
): Promise<MutationCount> {
  const refusals = new Map<string, number>();
  const random = randomOf(seed);
  for (let tried = 0; tried < count;) {
    const { name, evidence, options } = genuine[random(genuine.length)] ?? (await genuineEvidence())[0] ?? never();
    let report = Uint8Array.from(evidence.report);
    for (let more = 1 + (random(4) === 0 ? random(4) : 0); more > 0; more -= 1) {
      report = Uint8Array.from(changes[random(changes.length)]?.(report, random) ?? report);
      if (report.length < 64) break;
    }
    // A change may write what was there already.
    if (same(withoutIgnored(report), withoutIgnored(evidence.report))) continue;
    const where = `mutation ${tried} of seed ${seed}, ${name}: ${Buffer.from(report).toString("hex")}`;
    try {
      const verified = await acceptedLater(
        () => verifyReport({ ...evidence, report }, options),
        ({ code }) => refusals.set(code, (refusals.get(code) ?? 0) + 1),
      );
      hold(verified === null, "a changed report is refused");
    } catch (error) {
      throw new Error(where, { cause: error });
    }
    tried += 1;
    onProgress(tried);
  }
  return { tried: count, refusals };
}

const withoutIgnored = (report: Uint8Array) => report.map((byte, at) => (IGNORED_BYTES.includes(at) ? 0 : byte));

function never(): never {
  throw new Error("no genuine evidence");
}
