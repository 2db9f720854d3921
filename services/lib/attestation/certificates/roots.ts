import { AttestationError } from "../attestation-error.ts";
import { type Bytes, copyOf, fromHex } from "../encoding/bytes.ts";
import type { Product } from "../report/product.ts";

/**
 * SHA-256 of the SubjectPublicKeyInfo of AMD's root keys. Source: https://kdsintf.amd.com/vcek/v1/{Milan,Genoa,Turin}/cert_chain; the
 * same keys are embedded in google/go-sev-guest, project-oak/oak, virtee/sev and confidential-containers/trustee. Trust begins here
 * and nowhere else: a root that comes with the evidence is compared with its pin.
 */
const amdArkSpkiSha256: Readonly<Record<Product, Bytes>> = {
  Milan: fromHex("9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9"),
  Genoa: fromHex("429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831"),
  Turin: fromHex("4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08"),
};

/** Which hardware root vouches for a report. */
export type HardwareRoot = "amd" | "simulated";

/** The roots that a verifier trusts: AMD's, or one simulated root. One kind; there is no value that holds both. */
export type TrustedRoots =
  | { readonly kind: "amd" }
  | {
      readonly kind: "simulated";
      /** SHA-256 of the simulated root's SubjectPublicKeyInfo, 32 bytes. */
      readonly arkSpkiSha256: Uint8Array;
    };

/** Trusts AMD's roots for Milan, Genoa and Turin. */
export function amdRoots(): TrustedRoots {
  return { kind: "amd" };
}

/** Trusts one simulated root by the SHA-256 of its SubjectPublicKeyInfo. Throws REFERENCE_VALUES_INCOMPLETE when it is not 32 bytes. */
export function simulatedRoot(arkSpkiSha256: Uint8Array): TrustedRoots {
  const roots: TrustedRoots = { kind: "simulated", arkSpkiSha256: copyOf(arkSpkiSha256) };
  pinOf(roots, "Milan");
  return roots;
}

/** Roots in memory of their own, so that the caller cannot change them while a verification waits. */
export function ownRoots(roots: TrustedRoots): TrustedRoots {
  return roots.kind === "simulated" ? { ...roots, arkSpkiSha256: copyOf(roots.arkSpkiSha256) } : roots;
}

/** The SHA-256 that the root key of this product must have, in memory of its own. Throws REFERENCE_VALUES_INCOMPLETE. */
export function pinOf(roots: TrustedRoots, product: Product): Bytes {
  const pin =
    roots.kind === "amd" ? amdArkSpkiSha256[product] : roots.kind === "simulated" ? roots.arkSpkiSha256 : undefined;
  if (pin?.length !== 32) {
    throw new AttestationError("REFERENCE_VALUES_INCOMPLETE", "the pinned root is not the 32 bytes of a SHA-256", {
      field: "roots",
      expected: "32 bytes",
      seen: pin === undefined ? "unset" : `${pin.length} bytes`,
    });
  }
  return copyOf(pin);
}
