// A secure processor of the tests' own: real keys, real certificates, real signatures, and a root that nobody pins unless told to.
// Everything can be changed before it is signed, so that exactly one thing is wrong.
import { createHash, webcrypto } from "node:crypto";
import { type ReportEvidence, simulatedRoot, type TrustedRoots } from "#attestation";
import { arkKey, askKey, vcekKey } from "./fake-keys.ts";

const { subtle } = webcrypto;
type Bytes = Uint8Array<ArrayBuffer>;

/** Encodes one DER element. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...size, ...content]);
}

const hex = (text: string): Bytes => Uint8Array.from(Buffer.from(text, "hex"));
const text = (value: string): Bytes => Uint8Array.from(Buffer.from(value, "latin1"));

function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high >>= 7) septets.unshift((high & 0x7f) | 0x80);
    return septets;
  });
  return der(0x06, Uint8Array.from(arcs));
}

/** The PSS algorithm identifier as newer leaves have it; the CAs of the fake have the older one. */
const pss = hex(
  "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130",
);
const pssWithTrailer = hex(
  "304606092a864886f70d01010a3039a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130a303020101",
);

/** One extension before it is encoded. */
export interface FakeExtension {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

/** What goes into a certificate. */
export interface FakeCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly organisation: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly algorithm: Uint8Array;
  readonly spki: Uint8Array;
  readonly extensions: readonly FakeExtension[];
}

function name(commonName: string, organisation: string): Bytes {
  const attribute = (type: string, tag: number, value: string) =>
    der(0x31, der(0x30, oid(type), der(tag, text(value))));
  return der(
    0x30,
    attribute("2.5.4.11", 0x0c, "Engineering"),
    attribute("2.5.4.6", 0x13, "US"),
    attribute("2.5.4.7", 0x0c, "Santa Clara"),
    attribute("2.5.4.8", 0x0c, "CA"),
    attribute("2.5.4.10", 0x0c, organisation),
    attribute("2.5.4.3", 0x0c, commonName),
  );
}

async function issue(certificate: FakeCertificate, key: webcrypto.CryptoKey): Promise<Bytes> {
  const { subject, issuer, organisation, notBefore, notAfter, algorithm, spki, extensions } = certificate;
  const tbs = der(
    0x30,
    der(0xa0, hex("020102")),
    hex("020100"),
    algorithm,
    name(issuer, organisation),
    der(0x30, der(0x17, text(notBefore)), der(0x17, text(notAfter))),
    name(subject, organisation),
    spki,
    der(
      0xa3,
      der(
        0x30,
        ...extensions.map(({ oid: id, critical, value }) =>
          der(0x30, oid(id), critical === true ? hex("0101ff") : hex(""), der(0x04, value)),
        ),
      ),
    ),
  );
  const signature = new Uint8Array(await subtle.sign({ name: "RSA-PSS", saltLength: 48 }, key, tbs));
  return der(0x30, tbs, algorithm, der(0x03, hex("00"), signature));
}

const spkiOf = async ({ publicKey }: webcrypto.CryptoKeyPair) =>
  new Uint8Array(await subtle.exportKey("spki", publicKey));
const [arkSpki, askSpki, vcekSpki] = await Promise.all([arkKey, askKey, vcekKey].map(spkiOf));
if (arkSpki === undefined || askSpki === undefined || vcekSpki === undefined) throw new Error("keys are missing");

/** The pin under which the fake's evidence is genuine. */
export const fakeRoots: TrustedRoots = simulatedRoot(createHash("sha256").update(arkSpki).digest());

/** A time at which the fake's certificates are valid. */
export const fakeNow = new Date("2026-06-01T00:00:00Z");

/** Verifies the fake's evidence; revocation has tests of its own. */
export const fakeOptions = { roots: fakeRoots, now: fakeNow, revocation: { unchecked: "not of this test" } } as const;

const AMD = "1.3.6.1.4.1.3704.1";
const chip = hex("c0".repeat(64));
const integer = (value: number) => (value < 0x80 ? Uint8Array.from([2, 1, value]) : Uint8Array.from([2, 2, 0, value]));

/** The extensions of the fake's VCEK: Milan, TCB 4/0/24/219. */
export const vcekExtensions: readonly FakeExtension[] = [
  { oid: `${AMD}.1`, value: integer(0) },
  { oid: `${AMD}.2`, value: der(0x16, text("Milan-B0")) },
  ...[4, 0, 24, 0, 0, 0, 0, 219].map((value, at) => ({ oid: `${AMD}.3.${at + 1}`, value: integer(value) })),
  { oid: `${AMD}.4`, value: chip },
];

/** Changes that a test makes before anything is signed. */
export interface FakeChanges {
  /** Edits the 1184 bytes before they are signed. */
  readonly report?: (report: Uint8Array, view: DataView) => void;
  readonly ark?: (certificate: FakeCertificate) => FakeCertificate;
  readonly ask?: (certificate: FakeCertificate) => FakeCertificate;
  readonly vcek?: (certificate: FakeCertificate) => FakeCertificate;
}

const same = (certificate: FakeCertificate): FakeCertificate => certificate;
const validity = { organisation: "Advanced Micro Devices", notBefore: "250101000000Z", notAfter: "320101000000Z" };
const ca = (usage: string, constraints: string): readonly FakeExtension[] => [
  { oid: "2.5.29.15", critical: true, value: hex(usage) },
  { oid: "2.5.29.19", critical: true, value: hex(constraints) },
];

/** Makes evidence: a Milan report of version 5 whose fields a test changes as it likes. */
export async function fakeEvidence({
  report,
  ark = same,
  ask = same,
  vcek = same,
}: FakeChanges = {}): Promise<ReportEvidence> {
  const certificates = await Promise.all([
    issue(
      vcek({
        ...validity,
        subject: "SEV-VCEK",
        issuer: "SEV-Milan",
        algorithm: pss,
        spki: vcekSpki ?? hex(""),
        extensions: vcekExtensions,
      }),
      askKey.privateKey,
    ),
    issue(
      ask({
        ...validity,
        subject: "SEV-Milan",
        issuer: "ARK-Milan",
        algorithm: pssWithTrailer,
        spki: askSpki ?? hex(""),
        extensions: ca("03020204", "30060101ff020100"),
      }),
      arkKey.privateKey,
    ),
    issue(
      ark({
        ...validity,
        subject: "ARK-Milan",
        issuer: "ARK-Milan",
        algorithm: pssWithTrailer,
        spki: arkSpki ?? hex(""),
        extensions: ca("03020106", "30030101ff"),
      }),
      arkKey.privateKey,
    ),
  ]);
  return { report: await fakeReport(report), certificates };
}

/** Makes a report that the VCEK signs, after a change to its 1184 bytes. */
export async function fakeReport(change?: FakeChanges["report"]): Promise<Bytes> {
  const bytes = new Uint8Array(1184);
  const view = new DataView(bytes.buffer);
  view.setUint32(0x00, 5, true);
  view.setBigUint64(0x08, 0x3001fn, true);
  view.setUint32(0x34, 1, true);
  for (const offset of [0x38, 0x180, 0x1e0, 0x1f0]) view.setBigUint64(offset, 0xdb18000000000004n, true);
  view.setBigUint64(0x40, 0x25n, true);
  bytes.fill(0x11, 0x50, 0x90);
  bytes.fill(0x22, 0x90, 0xc0);
  bytes.fill(0x33, 0xc0, 0xe0);
  bytes.fill(0xff, 0x160, 0x180);
  bytes.set([0x19, 0x01, 0x01], 0x188);
  bytes.set(chip, 0x1a0);
  bytes.set([29, 55, 1, 0, 29, 55, 1, 0], 0x1e8);
  change?.(bytes, view);
  const signature = new Uint8Array(
    await subtle.sign({ name: "ECDSA", hash: "SHA-384" }, vcekKey.privateKey, bytes.slice(0, 0x2a0)),
  );
  bytes.set(signature.slice(0, 48).toReversed(), 0x2a0);
  bytes.set(signature.slice(48).toReversed(), 0x2e8);
  return bytes;
}

/** What goes into a CRL of the fake's ARK. */
export interface FakeCrl {
  readonly version?: string;
  readonly algorithm?: Uint8Array;
  readonly thisUpdate?: string;
  readonly nextUpdate?: string;
  /** Serial numbers in hexadecimal digits. */
  readonly revoked?: readonly string[];
  /** What stands between nextUpdate and the end, instead of the entries and the extensions. */
  readonly rest?: readonly Uint8Array[];
}

/** Encodes the extensions of a CRL or of one of its entries. */
export const fakeExtensions = (...extensions: readonly FakeExtension[]): Bytes =>
  der(
    0x30,
    ...extensions.map(({ oid: id, critical, value }) =>
      der(0x30, oid(id), critical === true ? hex("0101ff") : hex(""), der(0x04, value)),
    ),
  );

/** Makes a CRL of ARK-Milan that the fake's root signed. */
export async function fakeCrl({
  version = "020101",
  algorithm = pssWithTrailer,
  thisUpdate = "260101000000Z",
  nextUpdate = "270101000000Z",
  revoked = [],
  rest = [
    ...(revoked.length === 0
      ? []
      : [der(0x30, ...revoked.map((serial) => der(0x30, der(0x02, hex(serial)), der(0x17, text("260201000000Z")))))]),
    der(0xa0, fakeExtensions({ oid: "2.5.29.20", value: integer(1) })),
  ],
}: FakeCrl = {}): Promise<Bytes> {
  const dates = [thisUpdate, nextUpdate].map((date) => der(0x17, text(date)));
  const tbs = der(0x30, hex(version), algorithm, name("ARK-Milan", validity.organisation), ...dates, ...rest);
  const signature = new Uint8Array(await subtle.sign({ name: "RSA-PSS", saltLength: 48 }, arkKey.privateKey, tbs));
  return der(0x30, tbs, algorithm, der(0x03, hex("00"), signature));
}
