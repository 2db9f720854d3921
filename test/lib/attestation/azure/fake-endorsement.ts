// Endorsements of the tests' own: real keys, real certificates, real signatures. Everything can be changed before it is signed, so that
// exactly one thing is wrong.
import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { UvmExpectation } from "#attestation";
import {
  bitString,
  explicit,
  integer,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  time,
  trueValue,
} from "../../../../services/launcher/host/der-writer.ts";
import { bytes, item, list, map, tag } from "./cbor-writer.ts";

/** A pair of RSA keys of this many bits. */
export const rsaKeys = (bits: number) => generateKeyPairSync("rsa", { modulusLength: bits });
export const keys = { leaf: rsaKeys(2048), ca: rsaKeys(2048), root: rsaKeys(2048) };

/** What goes into a certificate. */
export interface FakeCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly key: KeyObject;
  readonly issuerKey: KeyObject;
  /** The algorithm that it names, and the one that has signed it. */
  readonly hash: "sha384" | "sha256";
  readonly signedWith?: "sha384" | "sha256";
  readonly extensions: readonly Uint8Array[];
}

/** An extension, DER. */
export const extension = (id: string, value: Uint8Array, critical: boolean): Uint8Array =>
  sequence(oid(id), ...(critical ? [trueValue] : []), octetString(value));
export const keyUsage = (bits: number): Uint8Array => extension("2.5.29.15", bitString(Uint8Array.of(bits)), true);
export const eku = (...usages: readonly string[]): Uint8Array =>
  extension("2.5.29.37", sequence(...usages.map(oid)), false);
/** basicConstraints of a CA; `pathLength` is how many CAs may be below it. */
export const isCa = (pathLength?: number): Uint8Array =>
  extension("2.5.29.19", sequence(trueValue, ...(pathLength === undefined ? [] : [integer(pathLength)])), true);
export const isNoCa: Uint8Array = extension("2.5.29.19", sequence(), true);
/** keyCertSign and cRLSign; digitalSignature. */
export const certifies = 0x06;
export const signs = 0x80;

const hashOid = { sha384: "1.2.840.113549.1.1.12", sha256: "1.2.840.113549.1.1.11" } as const;
const name = (common: string) => sequence(set(sequence(oid("2.5.4.3"), printableString(common))));

/** Issues a certificate, DER. */
export function issue({
  subject,
  issuer,
  key,
  issuerKey,
  hash,
  signedWith = hash,
  extensions,
}: FakeCertificate): Uint8Array {
  const algorithm = sequence(oid(hashOid[hash]), Uint8Array.of(5, 0));
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(1),
    algorithm,
    name(issuer),
    sequence(time(new Date("2020-01-01")), time(new Date("2021-01-01"))),
    name(subject),
    key.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions)),
  );
  return sequence(tbs, algorithm, bitString(sign(signedWith, tbs, issuerKey)));
}

/** The usage that the leaf has and the DID names. */
export const usage = "1.3.6.1.4.1.311.76.59.1.2";

/** The certificates when nothing is changed. */
export const plain = {
  leaf: {
    subject: "Leaf",
    issuer: "CA",
    key: keys.leaf.publicKey,
    issuerKey: keys.ca.privateKey,
    hash: "sha384",
    extensions: [isNoCa, keyUsage(signs), eku("1.3.6.1.4.1.311.76.59.1.1", usage)],
  },
  ca: {
    subject: "CA",
    issuer: "Root",
    key: keys.ca.publicKey,
    issuerKey: keys.root.privateKey,
    hash: "sha384",
    extensions: [isCa(), keyUsage(certifies)],
  },
  root: {
    subject: "Root",
    issuer: "Root",
    key: keys.root.publicKey,
    issuerKey: keys.root.privateKey,
    hash: "sha384",
    extensions: [isCa(), keyUsage(certifies)],
  },
} as const satisfies Record<string, FakeCertificate>;

type Change<Value> = (value: Value) => Value;
type Header = readonly (readonly [key: number | string, value: Uint8Array])[];

/** Changes that a test makes before anything is signed. */
export interface FakeUvm {
  readonly leaf?: Change<FakeCertificate>;
  readonly ca?: Change<FakeCertificate>;
  readonly root?: Change<FakeCertificate>;
  /** The certificates as they are sent, DER, the leaf first. */
  readonly chain?: Change<readonly Uint8Array[]>;
  /** Members of the protected header, encoded. */
  readonly header?: Change<Header>;
  /** JSON, or its members. */
  readonly payload?: object | string;
  /** Protected header, unprotected header, payload, signature, encoded. */
  readonly parts?: Change<readonly Uint8Array[]>;
  /** Which certificate the DID names, counted from the leaf. */
  readonly named?: number;
  /** The private key that signs the message. */
  readonly signer?: KeyObject;
}

export const measurement = "a5".repeat(48);
const same = <Value>(value: Value): Value => value;

/** Makes an endorsement of SVN 104, and what it has to be verified against. */
export function fakeEndorsement(changes: FakeUvm = {}): { bytes: Uint8Array; expected: UvmExpectation } {
  const { leaf = same, ca = same, root = same, chain = same, header = same, parts = same } = changes;
  const certificates = chain([issue(leaf(plain.leaf)), issue(ca(plain.ca)), issue(root(plain.root))]);
  const fingerprint = createHash("sha256")
    .update(certificates.at(changes.named ?? -1) ?? "")
    .digest("base64url");
  const issuer = `did:x509:0:sha256:${fingerprint}::eku:${usage}`;
  const protectedHeader = map(
    ...header([
      [1, item(-38)],
      [3, item("application/json")],
      [33, list(...certificates.map(bytes))],
      ["iss", item(issuer)],
      ["feed", item("feed")],
      ["signingtime", tag(1, item(1_760_000_000))],
    ]),
  );
  const claims = changes.payload ?? {};
  const payload = Buffer.from(
    typeof claims === "string"
      ? claims
      : JSON.stringify({
          "x-ms-sevsnpvm-launchmeasurement": measurement,
          "x-ms-sevsnpvm-guestsvn": "104",
          "x-ms-sevsnpvm-guestsvn-int": 104,
          ...claims,
        }),
  );
  const signed = list(item("Signature1"), bytes(protectedHeader), bytes(new Uint8Array(0)), bytes(payload));
  const signature = sign("sha384", signed, {
    key: changes.signer ?? keys.leaf.privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 48,
  });
  const message = list(...parts([bytes(protectedHeader), map(), bytes(payload), bytes(signature)]));
  return { bytes: tag(18, message), expected: { issuers: [issuer], feed: "feed", minimumSvn: 104 } };
}
