// Every shared vector as a call of the library, in values that a browser can be sent, and the one function that makes the calls.
import type * as Library from "#attestation";
import { caciNegatives, endorsed, mutatedEndorsement, syntheticCaci } from "./azure/vectors.ts";
import { certificateOf, evidenceOf, fileOf, type Files, index, mutate, type Mutation } from "./vectors.ts";

type Bytes = readonly number[];

/** One call. `pin` is that of a simulated root; without it AMD's are trusted. */
export type Call = { readonly name: string } & (
  | {
      readonly kind: "report";
      readonly report: Bytes;
      readonly certificates: readonly Bytes[];
      readonly crls: readonly Bytes[] | null;
      readonly pin: Bytes | null;
      readonly at: string;
    }
  | { readonly kind: "table"; readonly table: Bytes }
  | {
      readonly kind: "crl";
      readonly crl: Bytes;
      readonly intermediate: Bytes;
      readonly root: Bytes;
      readonly at: string;
    }
  | {
      readonly kind: "uvm";
      readonly bytes: Bytes;
      readonly issuer: string;
      readonly feed: string;
      readonly minimumSvn: number;
    }
);

const pinOf = (product: string): Bytes => [
  ...Buffer.from(index.about.syntheticRoots[product]?.spkiSha256 ?? "", "hex"),
];

const reportCall = (
  name: string,
  files: Files,
  at: string,
  {
    pin = null,
    crls = null,
    mutations = [],
  }: { pin?: Bytes | null; crls?: readonly Bytes[] | null; mutations?: readonly Mutation[] } = {},
): Call => {
  const { report, certificates } = evidenceOf(name, files, mutations);
  return {
    name,
    kind: "report",
    report: [...report],
    certificates: certificates.map((one) => [...one]),
    crls,
    pin,
    at,
  };
};

/** The calls; none when the vectors are absent. */
export const calls: readonly Call[] = [
  ...[...index.vectors, ...index.tampered].map(({ name, files, verifyAt }) => reportCall(name, files, verifyAt)),
  ...index.negatives.flatMap(({ name, base, mutations, verifyAt }) =>
    index.vectors
      .filter((vector) => vector.name === base)
      .map(({ files }) => ({ ...reportCall(base, files, verifyAt, { mutations }), name })),
  ),
  ...index.synthetic.map(({ name, files, product, verifyAt }) =>
    reportCall(name, files, verifyAt, { pin: pinOf(product) }),
  ),
  ...index.crl.flatMap(({ name, crl, evidence, verifyAt }) =>
    index.synthetic
      .filter((one) => one.name === evidence)
      .map(({ files }) =>
        reportCall(evidence ?? name, files, verifyAt, { pin: pinOf("Milan"), crls: [[...fileOf(crl)]] }),
      ),
  ),
  ...index.crl.map(({ name, crl, intermediate, issuerArk, verifyAt }) => ({
    name,
    kind: "crl" as const,
    crl: [...fileOf(crl)],
    intermediate: [...certificateOf(intermediate)],
    root: [...certificateOf(issuerArk)],
    at: verifyAt,
  })),
  ...index.certTableNegatives.map(({ base, mutations, note }) => {
    const certTable = index.vectors.find(({ name }) => name === base)?.files.certTable ?? "";
    return { name: note, kind: "table" as const, table: [...mutations.reduce(mutate, fileOf(`${base}/${certTable}`))] };
  }),
  ...endorsed.map(({ endorsement }) => uvmCall(endorsement, fileOf(endorsement), 100)),
  ...caciNegatives.map((negative) =>
    uvmCall(negative.name, mutatedEndorsement(negative), negative.options?.minimumUvmSvn ?? 100),
  ),
  ...syntheticCaci.uvmCases.map(({ name, file }) => ({
    ...uvmCall(name, fileOf(file), syntheticCaci.minimumUvmSvn),
    issuer: syntheticCaci.issuer,
    feed: syntheticCaci.feed,
  })),
];

function uvmCall(name: string, bytes: Uint8Array, minimumSvn: number) {
  const issuer = "did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2";
  return { name, kind: "uvm" as const, bytes: [...bytes], issuer, feed: "ContainerPlat-AMD-UVM", minimumSvn };
}

/** Makes the calls and says how each ended. Runs in a page as it stands here: it may name nothing but its arguments. */
export async function makeCalls(library: typeof Library, all: readonly Call[]): Promise<readonly string[]> {
  const bytes = (values: Bytes) => Uint8Array.from(values);
  const make = async (call: Call): Promise<unknown> => {
    if (call.kind === "table") return library.parseCertificateTable(bytes(call.table)).length;
    if (call.kind === "uvm") {
      const { issuer, feed, minimumSvn } = call;
      return (await library.verifyUvmEndorsement(bytes(call.bytes), { issuers: [issuer], feed, minimumSvn })).svn;
    }
    if (call.kind === "crl") {
      const [intermediate, root] = [call.intermediate, call.root].map((der) => library.parseCertificate(bytes(der)));
      if (intermediate === undefined || root === undefined) return "no certificate";
      const policy = { crls: [bytes(call.crl)], absent: "refused", stale: "refused" } as const;
      return (await library.checkRevocation(intermediate, root, policy, Date.parse(call.at))).checked;
    }
    const evidence = { report: bytes(call.report), certificates: call.certificates.map(bytes) };
    const verified = await library.verifyReport(evidence, {
      roots: call.pin === null ? library.amdRoots() : library.simulatedRoot(bytes(call.pin)),
      now: new Date(call.at),
      revocation:
        call.crls === null
          ? { unchecked: "not of this test" }
          : { crls: call.crls.map(bytes), absent: "refused", stale: "refused" },
    });
    return `${verified.product} ${verified.signer}`;
  };
  const outcomes: string[] = [];
  for (const call of all) {
    outcomes.push(
      await make(call).then(String, (error: unknown) =>
        error instanceof library.AttestationError ? error.code : String(error),
      ),
    );
  }
  return outcomes;
}
