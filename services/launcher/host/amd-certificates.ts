// Certificates as AMD's key distribution service issues them (AMD 57230). Only the keys differ.
import { Buffer } from "node:buffer";
import type { KeyObject } from "node:crypto";
import type { Product } from "#attestation";
import {
  authorityKeyIdentifier,
  critical,
  extension,
  type Issuer,
  nameOf,
  pss,
  pssOfCa,
  signed,
  spkiOf,
  subjectKeyIdentifier,
} from "./amd-x509.ts";
import { bitString, explicit, ia5String, implicit, integer, sequence, time, trueValue } from "./der-writer.ts";
import type { ChipTcb, SigningKey } from "./simulated-chip.ts";

const serialNumbers: Readonly<Record<Product, Readonly<Record<"ark" | SigningKey, number>>>> = {
  Milan: { ark: 0x010000, vcek: 0x010001, vlek: 0x010101 },
  Genoa: { ark: 0x020000, vcek: 0x020002, vlek: 0x020101 },
  Turin: { ark: 0x030000, vcek: 0x030001, vlek: 0x030101 },
};

/** The serial number of the intermediate that issues a kind of leaf, as AMD gave it. */
export const intermediateSerial = (product: Product, signer: SigningKey): number => serialNumbers[product][signer];

const CERT_SIGN_AND_CRL_SIGN = critical("2.5.29.15", bitString(Buffer.from([0x06]), 1));
// DER would count two unused bits here; AMD's ASK counts one.
const CERT_SIGN = critical("2.5.29.15", bitString(Buffer.from([0x04]), 1));
const ANY_CA = critical("2.5.29.19", sequence(trueValue));
const LAST_CA = critical("2.5.29.19", sequence(trueValue, integer(0)));

const crlPoint = (product: Product, signer: SigningKey): Buffer => {
  const url = Buffer.from(`https://kdsintf.amd.com/${signer}/v1/${product}/crl`);
  return extension("2.5.29.31", sequence(sequence(explicit(0, explicit(0, implicit(6, url))))));
};

const arkName = (product: Product): string => `ARK-${product}`;
const intermediateName = (product: Product, signer: SigningKey): string =>
  signer === "vcek" ? `SEV-${product}` : `SEV-VLEK-${product}`;

interface Content {
  readonly serialNumber: number;
  readonly signatureAlgorithm: Buffer;
  readonly issuer: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly years: number;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

const certificate = (content: Content, signer: KeyObject): Buffer => {
  const notAfter = new Date(content.notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + content.years);
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(content.serialNumber),
    content.signatureAlgorithm,
    nameOf(content.issuer),
    sequence(time(content.notBefore), time(notAfter)),
    nameOf(content.subject),
    spkiOf(content.publicKey),
    explicit(3, sequence(...content.extensions)),
  );
  return signed(tbs, content.signatureAlgorithm, signer);
};

/** Issues the root of a product to itself, for 25 years. DER. */
export const issueArk = (product: Product, ark: Issuer, notBefore: Date): Buffer =>
  certificate(
    {
      serialNumber: serialNumbers[product].ark,
      signatureAlgorithm: pssOfCa,
      issuer: arkName(product),
      subject: arkName(product),
      notBefore,
      years: 25,
      publicKey: ark.publicKey,
      extensions: [CERT_SIGN_AND_CRL_SIGN, subjectKeyIdentifier(ark.publicKey), ANY_CA, crlPoint(product, "vcek")],
    },
    ark.privateKey,
  );

/** What an intermediate issues: an ASK issues VCEKs, an ASVK VLEKs. */
export interface Authority {
  readonly product: Product;
  readonly signer: SigningKey;
}

/** Issues an ASK or ASVK, for 25 years. DER. */
export const issueIntermediate = (
  { product, signer }: Authority,
  key: KeyObject,
  ark: Issuer,
  notBefore: Date,
): Buffer =>
  certificate(
    {
      serialNumber: intermediateSerial(product, signer),
      signatureAlgorithm: pssOfCa,
      issuer: arkName(product),
      subject: intermediateName(product, signer),
      notBefore,
      years: 25,
      publicKey: key,
      extensions: [
        subjectKeyIdentifier(key),
        authorityKeyIdentifier(ark.publicKey),
        LAST_CA,
        CERT_SIGN,
        crlPoint(product, signer),
      ],
    },
    ark.privateKey,
  );

/** What a leaf says about the key in it. */
export interface LeafContent {
  readonly product: Product;
  /** For a VCEK with the stepping of the die where KDS writes one: `Milan-B0`. */
  readonly productName: string;
  readonly tcb: ChipTcb;
  /** A VCEK is of one chip, by its hwID of 64 bytes, on Turin 8; a VLEK of one cloud provider. */
  readonly owner: { readonly hwId: Uint8Array } | { readonly cspId: string };
}

const AMD = "1.3.6.1.4.1.3704.1";

/** Security version numbers by arc, in the order in which AMD writes them; those that are always 0 are reserved. */
const splOrder = (product: Product, { fmc, bootLoader, tee, snp, microcode }: ChipTcb) =>
  product === "Turin"
    ? ([
        [9, fmc ?? 0],
        [1, bootLoader],
        [2, tee],
        [3, snp],
        [5, 0],
        [6, 0],
        [7, 0],
        [8, microcode],
      ] as const)
    : ([
        [1, bootLoader],
        [2, tee],
        [4, 0],
        [5, 0],
        [6, 0],
        [7, 0],
        [3, snp],
        [8, microcode],
      ] as const);

/** Issues a VCEK (for 7 years) or a VLEK (for one). The hwID stands raw in its extension, as AMD writes it. DER. */
export const issueLeaf = (content: LeafContent, key: KeyObject, intermediate: Issuer, notBefore: Date): Buffer => {
  const { product, productName, tcb, owner } = content;
  const isVcek = "hwId" in owner;
  return certificate(
    {
      serialNumber: 0,
      signatureAlgorithm: pss,
      issuer: intermediateName(product, isVcek ? "vcek" : "vlek"),
      subject: isVcek ? "SEV-VCEK" : "SEV-VLEK",
      notBefore,
      years: isVcek ? 7 : 1,
      publicKey: key,
      extensions: [
        extension(`${AMD}.1`, integer(product === "Turin" ? 1 : 0)),
        extension(`${AMD}.2`, ia5String(productName)),
        ...splOrder(product, tcb).map(([arc, value]) => extension(`${AMD}.3.${arc}`, integer(value))),
        isVcek ? extension(`${AMD}.4`, owner.hwId) : extension(`${AMD}.5`, ia5String(owner.cspId)),
      ],
    },
    intermediate.privateKey,
  );
};
