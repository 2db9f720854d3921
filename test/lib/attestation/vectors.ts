// Reads the shared SEV-SNP vectors: real reports with AMD's certificates, damaged ones, and ones under synthetic roots.
import { existsSync, readFileSync } from "node:fs";
import { certificatesFrom, type ReportEvidence } from "#attestation";

const folder = new URL("../../../../shared/vectors/sev-snp/", import.meta.url);

/** What node:test prints when the vectors are not there; `false` runs the test. */
export const skip: string | false = existsSync(folder) ? false : "skipped: ../shared/vectors absent";

/** One change to a good case. */
export interface Mutation {
  readonly target: "report" | "vek" | "intermediate" | "ark" | "certTable";
  readonly op: "xor" | "set" | "truncate" | "append" | "replaceWith";
  readonly byteOffset?: number;
  readonly xor?: string;
  readonly hex?: string;
  readonly length?: number;
  readonly with?: string;
}

/** Files of a case, relative to its folder or to that of the vectors. */
export interface Files {
  readonly report: string;
  readonly vek: string;
  readonly intermediate: string;
  readonly ark: string;
  readonly vekReissued?: string;
  readonly certTable?: string;
}

/** A TCB as the index decodes it. */
export interface DecodedTcb {
  readonly u64: string;
  readonly bytesInReport: string;
  readonly parts: Readonly<Record<string, number>>;
}

/** A report as the index decodes it: hexadecimal texts. */
export interface DecodedReport {
  readonly version: number;
  readonly guestSvn: string;
  readonly policy: string;
  readonly vmpl: string;
  readonly platformInfo: string;
  readonly tcb: Readonly<Record<"current" | "reported" | "committed" | "launch", DecodedTcb>>;
  readonly currentVersion: string;
  readonly committedVersion: string;
  readonly cpuid?: { readonly family: string; readonly model: string; readonly stepping: string };
  readonly launchMitVector?: string;
  readonly currentMitVector?: string;
  readonly [bytes: string]: unknown;
}

/** A real report with its certificates. */
export interface Vector {
  readonly name: string;
  readonly product: "Milan" | "Genoa" | "Turin";
  readonly signingKey: "VCEK" | "VLEK";
  readonly files: Files;
  readonly verifyAt: string;
  readonly expected: { readonly authentic: string; readonly policyFindings?: readonly string[] };
  readonly alsoAcceptable?: readonly string[];
  readonly certProductName: string;
  readonly cspId: string | null;
  readonly decoded: DecodedReport;
}

/** One mutation of a real report or of its certificates. */
export interface Negative {
  readonly name: string;
  readonly base: string;
  readonly mutations: readonly Mutation[];
  readonly verifyAt: string;
  readonly expected: string;
  readonly alsoAcceptable?: readonly string[];
}

/** A report under a root of the vectors' own. */
export interface Synthetic {
  readonly name: string;
  readonly product: "Milan" | "Genoa" | "Turin";
  readonly files: Files;
  readonly verifyAt: string;
  readonly expectedWithSyntheticRoots: string;
  readonly alsoAcceptable?: readonly string[];
  readonly policyFindings?: readonly string[];
}

/** One mutation of a real certificate table. */
export interface CertTableNegative {
  readonly base: string;
  readonly mutations: readonly Mutation[];
  readonly expected: string;
  readonly alsoAcceptable?: readonly string[];
  readonly note: string;
}

/** A CRL, the root that must have signed it, and the intermediate that is looked up. */
export interface CrlCase {
  readonly name: string;
  readonly crl: string;
  readonly issuerArk: string;
  readonly intermediate: string;
  readonly verifyAt: string;
  readonly expected: string;
  readonly alsoAcceptable?: readonly string[];
  readonly decoded?: {
    readonly thisUpdate?: string;
    readonly nextUpdate?: string;
    readonly revokedSerials: readonly string[];
  };
  /** Name of the synthetic case whose chain this is. */
  readonly evidence?: string;
}

interface Index {
  readonly about: { readonly syntheticRoots: Readonly<Record<string, { readonly spkiSha256: string }>> };
  readonly vectors: readonly Vector[];
  readonly tampered: readonly Vector[];
  readonly negatives: readonly Negative[];
  readonly synthetic: readonly Synthetic[];
  readonly syntheticCaci: { readonly evidenceCases: readonly { name: string; files: Files; expected: string }[] };
  readonly certTableNegatives: readonly CertTableNegative[];
  readonly crl: readonly CrlCase[];
  readonly parseOnly: readonly { readonly name: string; readonly file: string; readonly decoded: DecodedReport }[];
}

const empty: Index = {
  about: { syntheticRoots: {} },
  vectors: [],
  tampered: [],
  negatives: [],
  synthetic: [],
  syntheticCaci: { evidenceCases: [] },
  certTableNegatives: [],
  crl: [],
  parseOnly: [],
};

/** The index; empty when the vectors are absent. */
export const index: Index = skip === false ? JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) : empty;

/** The bytes of one file below the folder of the vectors. */
export function fileOf(path: string): Uint8Array {
  return readFileSync(new URL(path, folder));
}

/** The one certificate in a file, as DER. */
export function certificateOf(path: string): Uint8Array {
  const [der, ...more] = certificatesFrom(fileOf(path));
  if (der === undefined || more.length > 0) throw new Error(`${path} holds ${more.length + 1} certificates`);
  return der;
}

/** The evidence of a case, mutated when it says so. */
export function evidenceOf(name: string, files: Files, mutations: readonly Mutation[] = []): ReportEvidence {
  const path = (file: string) => (file.startsWith("synthetic") ? file : `${name}/${file}`);
  const parts: Record<Exclude<Mutation["target"], "certTable">, Uint8Array> = {
    report: fileOf(path(files.report)),
    vek: certificateOf(path(files.vek)),
    intermediate: certificateOf(path(files.intermediate)),
    ark: certificateOf(path(files.ark)),
  };
  for (const mutation of mutations) {
    if (mutation.target !== "certTable") parts[mutation.target] = mutate(parts[mutation.target], mutation);
  }
  return { report: parts.report, certificates: [parts.vek, parts.intermediate, parts.ark] };
}

/** Applies a mutation to bytes. */
export function mutate(bytes: Uint8Array, mutation: Mutation): Uint8Array {
  const { op, byteOffset = 0, xor = "", hex = "", length = 0, with: other = "" } = mutation;
  if (op === "truncate") return bytes.slice(0, length);
  if (op === "append") return Buffer.concat([bytes, Buffer.from(hex, "hex")]);
  if (op === "replaceWith") return other.endsWith(".bin") ? fileOf(other) : certificateOf(other);
  const mask = Buffer.from(xor, "hex");
  const change = op === "set" ? Buffer.from(hex, "hex") : mask.map((byte, at) => byte ^ (bytes[byteOffset + at] ?? 0));
  const copy = Uint8Array.from(bytes);
  copy.set(change, byteOffset);
  return copy;
}
