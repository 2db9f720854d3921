// Reads the shared vectors of Azure: real endorsements and security contexts, and ones that the vectors' authors signed.
import { existsSync, readFileSync } from "node:fs";
import { fileOf, index, type Mutation, mutate, type Vector } from "../vectors.ts";

const folder = new URL("../../../../../shared/vectors/azure/", import.meta.url);

/** The bytes of one file below the folder of Azure's vectors; empty when they are absent. */
export const azureFile = (path: string): Uint8Array =>
  existsSync(folder) ? readFileSync(new URL(path, folder)) : new Uint8Array();

/** A mutation of a real endorsement. */
export interface CaciNegative {
  readonly name: string;
  readonly base: string;
  readonly mutations: readonly (Omit<Mutation, "target"> & { readonly target: "uvmEndorsement" })[];
  readonly expected: string;
  readonly alsoAcceptable?: readonly string[];
  readonly options?: { readonly minimumUvmSvn: number };
}

/** An endorsement that the vectors' authors signed under a root of their own. */
export interface UvmCase {
  readonly name: string;
  readonly file: string;
  readonly expected: string;
  readonly alsoAcceptable: readonly string[];
  readonly why: string;
}

interface SyntheticCaci {
  readonly issuer: string;
  readonly feed: string;
  readonly minimumUvmSvn: number;
  readonly launchMeasurement: string;
  readonly verifyAt: string;
  readonly securityContext: {
    readonly folder: string;
    readonly report: string;
    readonly tcbm: string;
    readonly cacheControl: string;
  };
  readonly uvmCases: readonly UvmCase[];
  readonly evidenceCases: readonly {
    readonly name: string;
    readonly files: Vector["files"];
    readonly expected: string;
  }[];
  readonly policyNegatives: readonly { readonly mutations: readonly Mutation[]; readonly expected: string }[];
}

// The index is the vectors' own; these are its members that this folder reads.
const caci = index as unknown as {
  readonly caciNegatives?: readonly CaciNegative[];
  readonly syntheticCaci: Partial<SyntheticCaci>;
};

export const caciNegatives: readonly CaciNegative[] = caci.caciNegatives ?? [];
export const syntheticCaci: SyntheticCaci = {
  issuer: "",
  feed: "",
  minimumUvmSvn: 0,
  launchMeasurement: "",
  verifyAt: "2026-06-01T00:00:00Z",
  securityContext: { folder: "", report: "", tcbm: "", cacheControl: "" },
  uvmCases: [],
  policyNegatives: [],
  ...caci.syntheticCaci,
  evidenceCases: caci.syntheticCaci.evidenceCases ?? [],
};

/** Real reports of container groups with the endorsement of their UVM. */
export const endorsed = index.vectors.flatMap((vector) => {
  const { files, caci: facts } = vector as Vector & {
    readonly files: { readonly uvmEndorsement?: string };
    readonly caci?: {
      readonly uvm: { readonly guestSvn: number; readonly launchMeasurement: string; readonly signingTime: number };
    };
  };
  return files.uvmEndorsement === undefined || facts === undefined
    ? []
    : [{ vector, endorsement: `${vector.name}/${files.uvmEndorsement}`, facts: facts.uvm }];
});

/** The mutated endorsement of a negative case. */
export const mutatedEndorsement = ({ base, mutations }: CaciNegative): Uint8Array => {
  const path = endorsed.find(({ vector }) => vector.name === base)?.endorsement ?? "";
  return mutations.reduce<Uint8Array>(
    (bytes, mutation) =>
      mutation.op === "replaceWith" ? fileOf(mutation.with ?? "") : mutate(bytes, { ...mutation, target: "report" }),
    fileOf(path),
  );
};
