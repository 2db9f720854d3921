// The options of `sealmesh verify evidence` and `sealmesh explain evidence`, and what they come to.
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { type Command, Option } from "commander";
import {
  amdRoots,
  createKdsClient,
  gatherCollateral,
  type ReportEvidence,
  type RevocationPolicy,
  simulatedRoot,
  type TrustedRoots,
  type VerifyOptions,
} from "#attestation";
import { openCollateralFolder } from "#platform";
import { fromHex } from "#sealing";
import { CliError } from "../cli-error.ts";
import { readJson } from "../files.ts";
import { readCollateral, readCrl, readReport } from "./evidence-files.ts";

/** The options as commander gives them. */
export interface EvidenceOptions {
  readonly report: string;
  readonly certs?: readonly string[];
  readonly kds?: string;
  readonly kdsUrl?: string;
  readonly at?: string;
  readonly crl?: readonly string[];
  readonly root: "amd" | "simulated";
  readonly rootSpki?: string;
  readonly state: string;
  readonly json?: true;
}

/** Adds the options to a command. */
export const withEvidence = (command: Command): Command =>
  command
    .requiredOption("--report <file>", "the attestation report, 1184 bytes")
    .option(
      "--certs <file-or-folder...>",
      "certificates and CRLs: DER, PEM, a host's certificate table or host-amd-cert; AMD's own authorities may be left out",
    )
    .option("--kds <folder>", "fetch what is missing from AMD's key distribution service, and keep it in this folder")
    .option("--kds-url <url>", "where that service is, when it is not AMD's own (a proxy, a simulated one)")
    .option("--at <time>", "verify as of this time, such as 2026-11-22T00:00:00Z (default: now)")
    .option("--crl <file...>", "AMD's revocation list, DER; given, it must be there, current and of the right root")
    .addOption(
      new Option("--root <root>", "which hardware root is trusted").choices(["amd", "simulated"]).default("amd"),
    )
    .option(
      "--root-spki <digest>",
      "with --root simulated: SHA-256 of the root's key, sha256:… (default: the local mesh's)",
    )
    .option("--state <folder>", "the local mesh's state folder, for its simulated root", ".sealmesh")
    .option("--json", "one JSON object");

const timeOf = (at: string | undefined): Date => {
  if (at === undefined) return new Date();
  const time = new Date(at);
  if (
    !/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(at) ||
    Number.isNaN(time.getTime())
  )
    throw new CliError("ARGUMENT_INVALID", `--at wants a time such as 2026-11-22T00:00:00Z, found ${at}`, { at });
  return time;
};

const DIGEST = /^(?:sha256:)?([0-9a-f]{64})$/;

/** What the local mesh's host publishes of its root; nothing when there is no local mesh. */
const localRoot = (state: string): string | undefined => {
  const file = `${state}/host/hardware/root.json`;
  if (!existsSync(file)) return undefined;
  const published = readJson(file);
  const digest: unknown =
    typeof published === "object" && published !== null ? Reflect.get(published, "ark_spki_sha256") : undefined;
  if (typeof digest !== "string") throw new CliError("FILE_MALFORMED", `${file} names no root`, { file });
  return digest;
};

const rootsOf = ({ root, rootSpki, state }: EvidenceOptions): TrustedRoots => {
  if (root === "amd") {
    if (rootSpki !== undefined)
      throw new CliError("ARGUMENT_INVALID", "--root-spki names a simulated root; AMD's are pinned already", {});
    return amdRoots();
  }
  const digest = rootSpki ?? localRoot(state);
  if (digest === undefined) {
    const why = `no simulated root is known: name it with --root-spki, or --state the folder of a local mesh`;
    throw new CliError("ARGUMENT_INVALID", why, { state });
  }
  const [, hex] = DIGEST.exec(digest) ?? [];
  if (hex === undefined)
    throw new CliError("ARGUMENT_INVALID", `--root-spki wants sha256: and 64 digits, found ${digest}`, { digest });
  return simulatedRoot(fromHex(hex));
};

const revocationOf = (named: readonly Uint8Array[], found: readonly Uint8Array[]): RevocationPolicy => {
  const crls = [...named, ...found];
  if (crls.length === 0) return { unchecked: "no CRL was given" };
  const absent = named.length > 0 ? "refused" : { accepted: "no CRL that was found is of this root" };
  return { crls, absent, stale: "refused" };
};

const kdsOf = (folder: string, base: string | undefined) =>
  createKdsClient({
    fetch,
    store: openCollateralFolder(folder),
    now: Date.now,
    sleep: (milliseconds) => setTimeout(milliseconds),
    ...(base === undefined ? {} : { base: base.replace(/\/$/, "") }),
  });

/** Evidence as the files have it, and what it is to be verified against. */
export interface EvidenceQuestion {
  readonly evidence: ReportEvidence;
  readonly verify: VerifyOptions;
  /** Files and entries that were passed over, with the reason. */
  readonly ignored: readonly string[];
}

/**
 * Reads what the options name.
 *
 * @throws {CliError} ARGUMENT_INVALID, FILE_UNUSABLE, FILE_MALFORMED: there is nothing to judge
 * @throws {AttestationError} CERTIFICATE_MALFORMED, CERTIFICATE_TABLE_MALFORMED, CRL_MALFORMED
 */
export const questionOf = async (options: EvidenceOptions): Promise<EvidenceQuestion> => {
  const now = timeOf(options.at);
  const roots = rootsOf(options);
  const report = readReport(options.report);
  const crls = (options.crl ?? []).map(readCrl);
  if (options.certs === undefined && options.kds === undefined)
    throw new CliError("ARGUMENT_INVALID", "name the certificates with --certs, or have them fetched with --kds");
  const collateral = readCollateral(options.certs ?? [], { mayBeEmpty: options.kds !== undefined });
  const evidence = { report, certificates: collateral.certificates };
  const { ignored } = collateral;
  const revocation = revocationOf(crls, collateral.crls);
  if (options.kds === undefined) return { evidence, verify: { roots, now, revocation }, ignored };
  const gathered = await gatherCollateral(
    { ...evidence, crls: [...crls, ...collateral.crls] },
    { kds: kdsOf(options.kds, options.kdsUrl), hardwareRoot: roots.kind, unreachable: "refused", stale: "refused" },
  );
  return { evidence: gathered.evidence, verify: { roots, now, revocation: gathered.revocation }, ignored };
};
