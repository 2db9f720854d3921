import type { AttestationReport } from "./report.ts";
import { AttestationError } from "../attestation-error.ts";

/** AMD's product lines with a public root; Bergamo and Siena belong to Genoa. */
export type Product = "Milan" | "Genoa" | "Turin";

/** A component of a TCB_VERSION in AMD's words; `fmc` exists on Turin only. */
export type TcbComponent = "fmc" | "bootLoader" | "tee" | "snp" | "microcode";

interface ProductFacts {
  /** CPUID families and models; both ends of a range belong to it. */
  readonly cpus: readonly { readonly family: number; readonly models: readonly [number, number] }[];
  /** The bytes of a TCB_VERSION in memory order; `null` is reserved and zero. */
  readonly tcbLayout: readonly (TcbComponent | null)[];
  /** Bytes of CHIP_ID that carry the hwID; the others are zero. */
  readonly hwIdLength: number;
  /** structVersion of the leaf. */
  readonly structVersion: number;
  /** Last arcs of the leaf's reserved SPL extensions, each of them present and zero. */
  readonly reservedSpls: readonly number[];
}

const zen34Layout = ["bootLoader", "tee", null, null, null, null, "snp", "microcode"] as const;
const turinLayout = ["fmc", "bootLoader", "tee", "snp", null, null, null, "microcode"] as const;

/**
 * What differs between products (AMD 56860 and 57230). Family 0x1A from model 0x50 up is Venice, which has another TCB layout and no
 * public root: it stays unknown until a row says otherwise.
 */
export const products: Readonly<Record<Product, ProductFacts>> = {
  Milan: {
    cpus: [{ family: 0x19, models: [0x00, 0x0f] }],
    tcbLayout: zen34Layout,
    hwIdLength: 64,
    structVersion: 0,
    reservedSpls: [4, 5, 6, 7],
  },
  Genoa: {
    cpus: [
      { family: 0x19, models: [0x10, 0x1f] },
      { family: 0x19, models: [0xa0, 0xaf] },
    ],
    tcbLayout: zen34Layout,
    hwIdLength: 64,
    structVersion: 0,
    reservedSpls: [4, 5, 6, 7],
  },
  Turin: {
    cpus: [{ family: 0x1a, models: [0x00, 0x11] }],
    tcbLayout: turinLayout,
    hwIdLength: 8,
    structVersion: 1,
    reservedSpls: [5, 6, 7],
  },
};

// The keys of a Record<Product, …> literal are products.
export const productNames = Object.keys(products) as readonly Product[];

/** The product of a CPUID family and model, or `null` when it is none with a known root. */
export function productOfCpu(cpu: { readonly family: number; readonly model: number }): Product | null {
  const isOf = (product: Product) =>
    products[product].cpus.some(
      ({ family, models: [first, last] }) => cpu.family === family && cpu.model >= first && cpu.model <= last,
    );
  return productNames.find(isOf) ?? null;
}

/** The product that the report's signed CPUID bytes name; `null` for version 2, which has none. Throws EVIDENCE_PRODUCT_UNKNOWN. */
export function productOfReport({ cpuid }: AttestationReport): Product | null {
  if (cpuid === null) return null;
  const product = productOfCpu(cpuid);
  if (product === null) {
    const seen = cpuModelKey(cpuid);
    throw new AttestationError("EVIDENCE_PRODUCT_UNKNOWN", `no product has CPU ${seen}`, { field: "cpuid", seen });
  }
  return product;
}

/** Family and model in hexadecimal, by which TCB floors are kept: `19-01` is Milan, `19-11` Genoa, `19-a0` Bergamo, `1a-02` Turin. */
export type CpuModelKey = `${string}-${string}`;

/** Names a CPU model as `CpuModelKey` does. */
export function cpuModelKey({ family, model }: { readonly family: number; readonly model: number }): CpuModelKey {
  return `${hexByte(family)}-${hexByte(model)}`;
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
