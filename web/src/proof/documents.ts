// The documents whose digests the launcher put into the report. They are hints until the digests are compared.
import { fromUtf8, parseCanonicalJson, SealingError, sha256, toHex } from "#sealing";
import type { Check } from "./check.ts";

/** What came with the evidence. */
export interface MeasuredDocuments {
  readonly policy: Uint8Array;
  readonly measurement: Uint8Array;
}

/** What the report says of them. */
export interface MeasuredDigests {
  /** HOST_DATA, 32 bytes. */
  readonly hostData: Uint8Array;
  /** MEASUREMENT, 48 bytes. */
  readonly measurement: Uint8Array;
}

/** What a policy document says. */
export interface PolicyFacts {
  readonly role: string;
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly files: number;
}

/** What a measurement document says. */
export interface MeasurementFacts {
  readonly node: string;
  readonly packages: number;
}

/** The documents, each shown only if it is the measured one. */
export interface DocumentsProof {
  readonly checks: readonly Check[];
  readonly policy?: PolicyFacts;
  readonly measurement?: MeasurementFacts;
}

const sha384 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-384", new Uint8Array(bytes)));

const compared = (name: string, algorithm: string, expected: Uint8Array, seen: Uint8Array): Check => {
  const [want, have] = [toHex(expected), toHex(seen)];
  return {
    name,
    outcome: want === have ? "holds" : "fails",
    expected: `${algorithm}:${want}`,
    seen: `${algorithm}:${have}`,
  };
};

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];

/** The document's members; `undefined` when it is none: it was measured all the same. */
const membersOf = (document: Uint8Array): JsonObject | undefined => {
  try {
    const value = parseCanonicalJson(fromUtf8(document));
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SealingError) return undefined;
    throw error;
  }
};

const policyFacts = (document: Uint8Array): PolicyFacts | undefined => {
  const members = membersOf(document);
  if (members === undefined || typeof members["role"] !== "string" || !isObject(members["files"])) return undefined;
  return {
    role: members["role"],
    command: textsOf(members["command"]),
    environment: textsOf(members["environment"]),
    files: Object.keys(members["files"]).length,
  };
};

const measurementFacts = (document: Uint8Array): MeasurementFacts | undefined => {
  const members = membersOf(document);
  const node = members?.["node"];
  const packages = members?.["packages"];
  if (!isObject(node) || typeof node["version"] !== "string" || !isObject(packages)) return undefined;
  return { node: node["version"], packages: Object.keys(packages).length };
};

/** Compares the documents with a report that is known to be genuine. */
export const proveDocuments = async (
  documents: MeasuredDocuments,
  digests: MeasuredDigests,
): Promise<DocumentsProof> => {
  const policyCheck = compared("policyDocument", "sha256", digests.hostData, await sha256(documents.policy));
  const measured = await sha384(documents.measurement);
  const measurementCheck = compared("measurementDocument", "sha384", digests.measurement, measured);
  const policy = policyCheck.outcome === "holds" ? policyFacts(documents.policy) : undefined;
  const measurement = measurementCheck.outcome === "holds" ? measurementFacts(documents.measurement) : undefined;
  return {
    checks: [policyCheck, measurementCheck],
    ...(policy === undefined ? {} : { policy }),
    ...(measurement === undefined ? {} : { measurement }),
  };
};
