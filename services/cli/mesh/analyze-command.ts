// `sealmesh analyze` and `sealmesh watch`: run an analysis, follow it, verify its result.
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { parseResult, proveResult, verifyConsent, type Result, type ResultProof } from "#contract";
import {
  Analytics,
  Stage,
  type AnalysisEvent,
  type AnalysisProgress,
  type AnalysisResult,
} from "#gen/sealmesh/analytics/v1alpha1/analytics_pb.ts";
import { reasonOf, toEnvelope, toEvidence } from "#mesh";
import { parseEnvelope, toBase64, toHex } from "#sealing";
import { CliError } from "../cli-error.ts";
import { readJson } from "../files.ts";
import { startProgress, type Progress } from "../progress.ts";
import { callFailure, reach, withReach, type ReachOptions } from "./reach.ts";
import { resultLines } from "./result-text.ts";

interface AnalyzeOptions extends ReachOptions {
  readonly contract?: string;
  readonly trust?: string;
  readonly out?: string;
  readonly json?: true;
}

const stageWords: Readonly<Record<number, string>> = {
  [Stage.APPRAISING]: "appraising the provider of",
  [Stage.OBTAINING_KEYS]: "asking for data keys at the broker of",
  [Stage.AGGREGATING]: "aggregating",
  [Stage.SIGNING]: "signing the result",
};

const say = (options: AnalyzeOptions, sentence: string, parts: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(options.json ? `${JSON.stringify(parts)}\n` : `${sentence}\n`);
};

/** The result as people get it: the document with its statement and evidence. */
export const toResult = ({ document, statement, evidence }: AnalysisResult): Result => {
  const { report, certificates, crls = [], runtimeClaims } = toEvidence(evidence);
  return parseResult({
    ...(JSON.parse(document) as object), // parseResult checks all of it
    statement: toEnvelope(statement),
    evidence: {
      report: toBase64(report),
      certificates: certificates.map((certificate) => toBase64(certificate)),
      crls: crls.map((crl) => toBase64(crl)),
      runtime_claims: toBase64(runtimeClaims),
    },
  });
};

/** Proves a result against a signed contract that is on this machine, and whose digest is the one that is trusted. */
export const proveAgainst = async (
  result: Result,
  options: { readonly contract: string; readonly trust?: string },
): Promise<ResultProof> => {
  const { contract, digest, missing } = await verifyConsent(parseEnvelope(readJson(options.contract)));
  if (missing.length > 0)
    throw new CliError("NOT_VERIFIED", `the contract lacks the signature of ${missing.join(" and ")}`, { missing });
  if (options.trust !== undefined && options.trust !== digest) {
    throw new CliError("NOT_VERIFIED", `the contract is ${digest}, trusted is ${options.trust}`, {
      digest,
      trust: options.trust,
    });
  }
  return proveResult(result, { contract, digest, now: new Date() });
};

const progressLine = ({
  stage,
  party,
  rowsDone,
  rowsTotal,
  bytesDone,
  bytesTotal,
  rowsPerSecond,
  remaining,
}: AnalysisProgress) => ({
  type: "progress",
  stage: Object.entries(Stage).find(([, value]) => value === stage)?.[0] ?? "UNKNOWN",
  party,
  rows_done: Number(rowsDone),
  rows_total: Number(rowsTotal),
  bytes_done: Number(bytesDone),
  bytes_total: Number(bytesTotal),
  rows_per_second: Math.round(rowsPerSecond),
  remaining_ms: remaining === undefined ? null : Number(remaining.seconds) * 1000 + Math.round(remaining.nanos / 1e6),
});

const createFollower = (options: AnalyzeOptions) => {
  const bars = new Map<string, Progress>();
  const follow = (progress: AnalysisProgress): void => {
    const { stage, party, rowsDone, rowsTotal } = progress;
    if (rowsTotal > 0n && !options.json) {
      const bar = bars.get(party) ?? startProgress(`  ${party}`, Number(rowsTotal), "rows");
      bars.set(party, bar);
      bar.update(Number(rowsDone));
      if (rowsDone === rowsTotal) {
        bar.stop();
        process.stdout.write(`  ${party}: ${rowsTotal} rows aggregated\n`);
      }
      return;
    }
    say(options, `  ${stageWords[stage] ?? "working"} ${party}`.trimEnd(), progressLine(progress));
  };
  return { follow, stop: () => bars.forEach((bar) => bar.stop()) };
};

const showResult = async (message: AnalysisResult, options: AnalyzeOptions): Promise<void> => {
  const result = toResult(message);
  const { contract, trust } = options;
  const proof =
    contract === undefined
      ? undefined
      : await proveAgainst(result, { contract, ...(trust === undefined ? {} : { trust }) });
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(result)}\n`);
  if (!options.json) process.stdout.write(`${resultLines(result, message.outputs).join("\n")}\n\n`);
  if (proof === undefined)
    say(options, "Not verified: give the signed contract with --contract.", {
      type: "proof",
      ok: false,
      code: "NOT_ANCHORED",
    });
  else {
    for (const { ok, name, detail } of proof.steps)
      say(options, `${ok ? "verified" : "FAILED"}  ${name}: ${detail}`, { type: "proof", ok, name, detail });
    for (const text of proof.notChecked) say(options, `not checked  ${text}`, { type: "not-checked", detail: text });
  }
  if (proof?.ok === false) throw new CliError("NOT_VERIFIED", "the result is not proved", { steps: proof.steps });
  // The result is the last line, whatever came before.
  const { type, ...rest } = result;
  if (options.json) process.stdout.write(`${JSON.stringify({ type, ...rest })}\n`);
};

const show = async (
  events: AsyncIterable<{ readonly event?: AnalysisEvent | undefined }>,
  options: AnalyzeOptions,
): Promise<void> => {
  const follower = createFollower(options);
  let run = "";
  let sequence = 0n;
  try {
    for await (const { event } of events) {
      if (event === undefined) continue;
      ({ run, sequence } = event);
      if (event.event.case === "started") {
        const { contract, contractVersion, contractDigest, query } = event.event.value;
        const digest = `sha256:${toHex(contractDigest)}`;
        say(options, `Run ${run}: ${contract}/${query}, version ${contractVersion} (${digest})`, {
          type: "started",
          run,
          contract,
          version: contractVersion,
          digest,
          query,
        });
      } else if (event.event.case === "progress") follower.follow(event.event.value);
      else if (event.event.case === "result") await showResult(event.event.value, options);
    }
  } catch (error) {
    const failure = callFailure(error);
    if (options.json) say(options, "", { type: "failed", run, after: Number(sequence), ...reasonOf(error) });
    throw failure;
  } finally {
    follower.stop();
  }
};

const withResultOptions = (command: Command): Command =>
  withReach(command, "analytics")
    .option("--contract <file>", "the signed contract, to verify the result against")
    .option("--trust <digest>", "the contract's digest, as you know it from elsewhere: sha256:…")
    .option("--out <file>", "write the result with its proof")
    .option("--json", "one JSON object per line, the result last");

/** Adds `sealmesh analyze` and `sealmesh watch`. */
export const addAnalyzeCommands = (program: Command): void => {
  withResultOptions(
    program.command("analyze").argument("<contract/query>", "such as partner-demographics/demographics"),
  )
    .summary("run an analysis and verify its result")
    .addHelpText(
      "after",
      "\nExample: sealmesh analyze partner-demographics/demographics --contract .sealmesh/contracts/partner-demographics/1.json",
    )
    .action(async (name: string, options: AnalyzeOptions) => {
      const [contract, query, ...rest] = name.split("/");
      if (!contract || !query || rest.length > 0)
        throw new CliError("ARGUMENT_INVALID", `want contract/query, found ${name}`, { name });
      await reach(options, (connection) =>
        show(connection.client(Analytics).runAnalysis({ contract, query }), options),
      );
    });
  withResultOptions(program.command("watch").argument("<run>", "the run's id"))
    .summary("follow a run that was started before")
    .option("--after <n>", "only events with a higher number", "0")
    .addHelpText("after", "\nExample: sealmesh watch 0123456789abcdef0123456789abcdef")
    .action(async (run: string, options: AnalyzeOptions & { readonly after: string }) => {
      if (!/^\d+$/.test(options.after))
        throw new CliError("ARGUMENT_INVALID", `--after wants a whole number, found ${options.after}`);
      await reach(options, (connection) =>
        show(connection.client(Analytics).watchAnalysis({ run, after: BigInt(options.after) }), options),
      );
    });
};
