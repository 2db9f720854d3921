// What a simulated machine can be: servers as they are seen in the field, and which report their firmware writes.
import type { FirmwareVersion, Product } from "#attestation";

/** Security version numbers, each 0 to 255; `fmc` on Turin and nowhere else. */
export interface ChipTcb {
  readonly fmc?: number;
  readonly bootLoader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

/** The names of the chips; Bergamo is Genoa with another CPU. */
export const chipNames = ["milan", "genoa", "bergamo", "turin"] as const;
export type ChipName = (typeof chipNames)[number];

/** Version 2 does not sign the CPU, 5 also signs the mitigations in force. */
export const reportVersions = [2, 3, 5] as const;
export type ReportVersion = (typeof reportVersions)[number];

/** The key that signs reports: the chip's own, or one that a cloud provider loads. */
export const signingKeys = ["vcek", "vlek"] as const;
export type SigningKey = (typeof signingKeys)[number];

/** A chip as it is when its machine is new. */
export interface ChipKind {
  readonly product: Product;
  /** In a VCEK: KDS writes the stepping of the die for Milan alone. */
  readonly productName: string;
  readonly cpu: { readonly family: number; readonly model: number; readonly stepping: number };
  /** Which report its firmware writes unless another is wanted. */
  readonly reportVersion: ReportVersion;
  readonly tcb: ChipTcb;
  readonly firmware: FirmwareVersion;
  readonly platformInfo: bigint;
  /** Bit mask; in reports of version 5. */
  readonly mitigations: bigint;
  /** Bytes of hwID in the VCEK, and of CHIP_ID in the report up to where it is zero. */
  readonly hwIdSize: 8 | 64;
}

/** What is reported from each of them in the field. */
export const chipKinds: Readonly<Record<ChipName, ChipKind>> = {
  milan: {
    product: "Milan",
    productName: "Milan-B0",
    cpu: { family: 0x19, model: 0x01, stepping: 0x01 },
    reportVersion: 3,
    tcb: { bootLoader: 4, tee: 0, snp: 24, microcode: 219 },
    firmware: { major: 1, minor: 55, build: 29 },
    platformInfo: 0x25n,
    mitigations: 0x0bn,
    hwIdSize: 64,
  },
  genoa: {
    product: "Genoa",
    productName: "Genoa",
    cpu: { family: 0x19, model: 0x11, stepping: 0x01 },
    reportVersion: 3,
    tcb: { bootLoader: 10, tee: 0, snp: 23, microcode: 84 },
    firmware: { major: 1, minor: 55, build: 40 },
    platformInfo: 0x27n,
    mitigations: 0x0bn,
    hwIdSize: 64,
  },
  bergamo: {
    product: "Genoa",
    productName: "Genoa",
    cpu: { family: 0x19, model: 0xa0, stepping: 0x02 },
    reportVersion: 5,
    tcb: { bootLoader: 10, tee: 0, snp: 27, microcode: 27 },
    firmware: { major: 1, minor: 55, build: 49 },
    platformInfo: 0x25n,
    mitigations: 0x0bn,
    hwIdSize: 64,
  },
  turin: {
    product: "Turin",
    productName: "Turin",
    cpu: { family: 0x1a, model: 0x02, stepping: 0x01 },
    reportVersion: 5,
    tcb: { fmc: 1, bootLoader: 1, tee: 1, snp: 4, microcode: 81 },
    firmware: { major: 1, minor: 55, build: 65 },
    platformInfo: 0x65n,
    mitigations: 0x3fn,
    hwIdSize: 8,
  },
};

/** Bytes of CHIP_ID in every report. */
export const CHIP_ID_SIZE = 64;

/** The components that a chip of the product has. */
export const tcbComponentsOf = (product: Product): readonly (keyof ChipTcb)[] => [
  ...(product === "Turin" ? (["fmc"] as const) : []),
  "bootLoader",
  "tee",
  "snp",
  "microcode",
];

/** TCB_VERSION, 8 bytes in the layout of the product (AMD 56860). */
export const tcbBytes = (product: Product, { fmc = 0, bootLoader, tee, snp, microcode }: ChipTcb): Uint8Array =>
  product === "Turin"
    ? Uint8Array.of(fmc, bootLoader, tee, snp, 0, 0, 0, microcode)
    : Uint8Array.of(bootLoader, tee, 0, 0, 0, 0, snp, microcode);

/** The cloud provider for whom the simulated VLEKs are issued. */
export const CSP_ID = "CN=cc-simulated.example";
