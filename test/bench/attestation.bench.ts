// What one verification of a SEV-SNP report costs: the report's signature and those of VCEK, ASK and ARK, every time anew, as if no
// certificate had been seen before.
import { join } from "node:path";
import { parseReport, amdRoots, verifyReport } from "#attestation";
import { fakeEvidence, fakeOptions } from "../lib/attestation/fake-processor.ts";
import { evidenceOf, index } from "../lib/attestation/vectors.ts";
import { type Contestant, measureInTurn, spreadOf } from "./measure.ts";

/** What one verification may cost, in milliseconds of CPU. */
const LIMIT = 5;

// @tinfoilsh/verifier 1.1.0 is under the AGPL: it is run here to be compared with, and no product code imports it.
const rivalName = "@tinfoilsh/verifier";
const rivalFile = (file: string) =>
  join(import.meta.dirname, "..", "..", "node_modules", rivalName, "dist", "sev", file);

/** The parts of the rival that do what `verifyReport` does; its door adds base64, gzip and its own policy to them. */
interface RivalReport {
  readonly chipId: Uint8Array;
  readonly reportedTcb: bigint;
}
interface RivalChain {
  readonly validateVcekTcb: (tcb: unknown) => void;
  readonly validateVcekHwid: (chipId: Uint8Array) => void;
}
interface Rival {
  readonly Report: new (report: Uint8Array) => RivalReport;
  readonly CertificateChain: { readonly fromReport: (report: RivalReport, vcek: Uint8Array) => Promise<RivalChain> };
  readonly verifyAttestation: (chain: RivalChain, report: RivalReport) => Promise<boolean>;
  readonly tcbFromInt: (tcb: bigint) => unknown;
}

const loadRival = async (): Promise<Rival> => ({
  ...(await import(rivalFile("report.js"))),
  ...(await import(rivalFile("cert-chain.js"))),
  ...(await import(rivalFile("verify.js"))),
  ...(await import(rivalFile("utils.js"))),
});

const rivalVerification = (rival: Rival, bytes: Uint8Array, vcek: Uint8Array) => async (): Promise<void> => {
  const report = new rival.Report(bytes);
  const chain = await rival.CertificateChain.fromReport(report, vcek);
  if (!(await rival.verifyAttestation(chain, report))) throw new Error(`${rivalName} refuses the evidence`);
  chain.validateVcekTcb(rival.tcbFromInt(report.reportedTcb));
  chain.validateVcekHwid(report.chipId);
};

/** The rival knows one product line and VCEKs alone, and compares certificates with the clock of the machine. */
const vector = index.vectors.find(
  ({ product, signingKey, decoded }) => product === "Genoa" && signingKey === "VCEK" && decoded.version === 3,
);

const millisecond = (value: number) => value.toFixed(3).padStart(9);

/** Measures, prints, and tells whether the limits are kept. */
export async function bench({ rounds, json }: { readonly rounds: number; readonly json: boolean }): Promise<boolean> {
  const evidence = vector === undefined ? await fakeEvidence() : evidenceOf(vector.name, vector.files);
  const options = vector === undefined ? fakeOptions : { ...fakeOptions, roots: amdRoots(), now: new Date() };
  const [vcek] = evidence.certificates;
  const rival =
    vector === undefined || vcek === undefined ? null : rivalVerification(await loadRival(), evidence.report, vcek);
  const contestants: readonly Contestant[] = [
    { name: "sealmesh verifyReport", calls: 20, run: () => verifyReport(evidence, options) },
    { name: "sealmesh parseReport alone", calls: 2000, run: () => parseReport(evidence.report) },
    ...(rival === null ? [] : [{ name: rivalName, calls: 20, run: rival }]),
  ];
  const costs = await measureInTurn(contestants, rounds);
  const [ours = [], , theirs] = costs;
  const spreads = contestants.map(({ name }, at) => ({ name, ...spreadOf(costs[at] ?? []) }));
  const ratio = theirs === undefined ? null : spreadOf(ours.map((cost, round) => cost / (theirs[round] ?? Number.NaN)));
  const ok = spreadOf(ours).median <= LIMIT && (ratio === null || ratio.median <= 1);
  const name = vector?.name ?? "a fake Milan report";
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ ok, evidence: name, rounds, limit: LIMIT, milliseconds: spreads, ratio })}\n`,
    );
    return ok;
  }
  const lines = [
    `evidence: ${name}; ${rounds} rounds; milliseconds of CPU for one call, all threads`,
    `${"".padEnd(28)}${["median", "25 %", "75 %", "least", "most"].map((head) => head.padStart(9)).join("")}`,
    ...spreads.map(
      ({ name, median, lowerQuartile, upperQuartile, least, most }) =>
        `${name.padEnd(28)}${[median, lowerQuartile, upperQuartile, least, most].map(millisecond).join("")}`,
    ),
    ratio === null
      ? `skipped: ${rivalName} takes evidence of AMD's Genoa only, and ../shared/vectors is absent`
      : `of what ${rivalName} takes: ${ratio.median.toFixed(2)} (${ratio.lowerQuartile.toFixed(2)} to ${ratio.upperQuartile.toFixed(2)})`,
    ok ? `kept: at most ${LIMIT} ms, and at least as fast` : `NOT KEPT: at most ${LIMIT} ms, and at least as fast`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return ok;
}
