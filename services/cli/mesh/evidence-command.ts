// `sealmesh evidence`: get a workload's evidence over a fresh nonce and verify it here.
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Command } from "commander";
import { appraiseEvidence, strictPolicy, validateReport } from "#attestation";
import { referenceValuesOf, trustedRootsOf, verifyConsent, workloadOf } from "#contract";
import { Attestation, type GetEvidenceResponse } from "#gen/sealmesh/attestation/v1alpha1/attestation_pb.ts";
import { toEvidence } from "#mesh";
import { parseEnvelope, toHex } from "#sealing";
import { CliError } from "../cli-error.ts";
import { readJson, writeWhole } from "../files.ts";
import { reach, withReach, type ReachOptions } from "./reach.ts";

interface EvidenceOptions extends ReachOptions {
  readonly contract: string;
  readonly workload: string;
  readonly trust?: string;
  readonly out?: string;
  readonly json?: true;
}

const digestOf = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest("hex");

/** Writes evidence as files that `sealmesh verify evidence` takes, and the documents whose digests are in it. */
const save = (folder: string, { evidence, policyDocument, measurementDocument }: GetEvidenceResponse): void => {
  const { report, certificates, crls = [], runtimeClaims } = toEvidence(evidence);
  const files: readonly (readonly [string, Uint8Array])[] = [
    ["report.bin", report],
    ...certificates.map((der, at) => [`certificate-${at}.der`, der] as const),
    ...crls.map((der, at) => [`revoked-${at}.crl`, der] as const),
    ["claims.json", runtimeClaims],
    ["policy-document.json", policyDocument],
    ["measurement-document.json", measurementDocument],
  ];
  for (const [name, bytes] of files) writeWhole(join(folder, name), bytes);
};

const verify = async (options: EvidenceOptions) => {
  const { contract, digest, missing } = await verifyConsent(parseEnvelope(readJson(options.contract)));
  if (missing.length > 0 || (options.trust !== undefined && options.trust !== digest)) {
    throw new CliError("NOT_VERIFIED", `${options.contract} is not the contract that is trusted, or lacks signatures`, {
      digest,
      missing,
    });
  }
  return reach(options, async (connection) => {
    const nonce = new Uint8Array(randomBytes(32));
    const response = await connection.client(Attestation).getEvidence({ nonce });
    if (options.out !== undefined) save(options.out, response);
    const { verified, notChecked } = await appraiseEvidence(toEvidence(response.evidence), {
      roots: trustedRootsOf(contract),
      now: new Date(),
      revocation: { crls: [], absent: { accepted: "the evidence carries no CRL of its root" }, stale: "refused" },
      purpose: "reader",
      audience: "anyone",
      nonce,
      tlsSpkiSha256: connection.peerSpkiSha256() ?? { unchecked: "TLS is stripped" },
    });
    const { report, product, hardwareRoot } = verified;
    return {
      findings: validateReport(verified, strictPolicy(referenceValuesOf(workloadOf(contract, options.workload)))),
      notChecked,
      facts: {
        hardware: hardwareRoot,
        product,
        report_version: report.version,
        host_data: toHex(report.hostData),
        measurement: toHex(report.measurement),
        vmpl: report.vmpl,
        policy_document_matches: digestOf("sha256", response.policyDocument) === toHex(report.hostData),
        measurement_document_matches: digestOf("sha384", response.measurementDocument) === toHex(report.measurement),
      },
    };
  });
};

/** Adds `sealmesh evidence`. */
export const addEvidenceCommand = (program: Command): void => {
  withReach(program.command("evidence"), "analytics")
    .summary("get and verify a workload's evidence")
    .requiredOption("--contract <file>", "the signed contract with the reference values and the root")
    .requiredOption("--workload <name>", "which workload it must be, such as woodgrove/analytics")
    .option("--trust <digest>", "the contract's digest, as you know it from elsewhere: sha256:…")
    .option("--out <folder>", "keep the evidence as files, for `sealmesh verify evidence`")
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      "\nExample: sealmesh evidence --workload woodgrove/analytics --contract .sealmesh/contracts/partner-demographics/1.json",
    )
    .action(async (options: EvidenceOptions) => {
      const { facts, findings, notChecked } = await verify(options);
      const ok = findings.length === 0;
      if (options.json)
        process.stdout.write(`${JSON.stringify({ ok, ...facts, failures: findings, not_checked: notChecked })}\n`);
      else {
        for (const [name, value] of Object.entries(facts))
          process.stdout.write(`${name.replaceAll("_", " ").padEnd(30)}${value}\n`);
        for (const text of notChecked) process.stdout.write(`not checked  ${text}\n`);
        for (const { code, expected, seen } of findings)
          process.stdout.write(`FAILED  ${code}: expected ${expected}, seen ${seen}\n`);
      }
      if (!ok)
        throw new CliError("NOT_VERIFIED", `genuine, but not ${options.workload} as the contract wants it`, {
          findings,
        });
      if (!options.json) process.stdout.write(`verified: ${options.workload}, ${facts.hardware} hardware\n`);
    });
};
