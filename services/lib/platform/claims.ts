// Runtime claims documents, proto/FORMATS.md section 1: one builder per purpose, each with exactly the members of that purpose.
import { Buffer } from "node:buffer";
import type { RunKeys } from "./run-keys.ts";

interface TlsBinding {
  /** SHA-256 of the SubjectPublicKeyInfo of the workload's TLS key, 32 bytes; `null` when TLS is stripped by configuration. */
  readonly tlsSpkiSha256: Uint8Array | null;
}

interface Challenge {
  /** The verifier's 32 bytes. */
  readonly nonce: Uint8Array;
}

interface Run {
  /** The run's keys; only their public halves are read. */
  readonly keys: Pick<RunKeys, "encryptionJwk" | "resultJwk">;
  /** Digest of the contract's payload, `sha256:` and 64 hexadecimal digits. */
  readonly contract: string;
  /** Name of the query in that contract. */
  readonly query: string;
  /** 32 hexadecimal digits. */
  readonly run: string;
}

/** What reader evidence says. */
export type ReaderClaimsInput = TlsBinding & Challenge;

/** What peer evidence says. */
export interface PeerClaimsInput extends TlsBinding, Challenge {
  /** The workload that verifies: `woodgrove/analytics`. */
  readonly audience: string;
}

/** What release evidence says. */
export interface ReleaseClaimsInput extends TlsBinding, Challenge, Run {
  /** The broker that verifies: `<party>/broker:<key>`. */
  readonly audience: string;
}

/** What result evidence says. */
export interface ResultClaimsInput extends TlsBinding, Run {
  /** SHA-256 of the result document, 32 bytes. */
  readonly resultSha256: Uint8Array;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const nonceOf = ({ nonce }: Challenge): string => Buffer.from(nonce).toString("base64url");
const tlsOf = ({ tlsSpkiSha256 }: TlsBinding): string | null => (tlsSpkiSha256 === null ? null : hex(tlsSpkiSha256));
const document = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Claims for a stranger: proves what the workload is, asks for nothing. */
export const readerClaims = (input: ReaderClaimsInput): Uint8Array =>
  document({
    sealmesh: {
      v: 1,
      purpose: "reader",
      audience: "anyone",
      nonce: nonceOf(input),
      tls_spki_sha256: tlsOf(input),
    },
  });

/** Claims for another workload that this one called itself. */
export const peerClaims = (input: PeerClaimsInput): Uint8Array =>
  document({
    sealmesh: {
      v: 1,
      purpose: "peer",
      audience: input.audience,
      nonce: nonceOf(input),
      tls_spki_sha256: tlsOf(input),
    },
  });

/** Claims with which keys are asked of a broker; they go to the key of the run and to no other. */
export const releaseClaims = (input: ReleaseClaimsInput): Uint8Array =>
  document({
    keys: [input.keys.encryptionJwk],
    sealmesh: {
      v: 1,
      purpose: "release",
      audience: input.audience,
      nonce: nonceOf(input),
      tls_spki_sha256: tlsOf(input),
      result_key: input.keys.resultJwk,
      contract: input.contract,
      query: input.query,
      run: input.run,
    },
  });

/** Claims that go with a result, for anyone at any time: they carry no nonce. */
export const resultClaims = (input: ResultClaimsInput): Uint8Array =>
  document({
    sealmesh: {
      v: 1,
      purpose: "result",
      audience: "anyone",
      tls_spki_sha256: tlsOf(input),
      result_key: input.keys.resultJwk,
      contract: input.contract,
      query: input.query,
      run: input.run,
      result_sha256: hex(input.resultSha256),
    },
  });
