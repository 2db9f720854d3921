import { Buffer } from "node:buffer";
import { createECDH, createPrivateKey, hkdfSync, type KeyObject } from "node:crypto";

/** The order of the P-384 group. */
const ORDER = BigInt(
  "0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
);
/** 64 bits more than the order has, so that the remainder is as good as uniform (FIPS 186-5 appendix A.2.1). */
const DERIVED_SIZE = 56;

/** Derives a P-384 key from a P-384 key: always the same one for the same label, and nothing tells the keys of two labels together. */
export const deriveKey = (secret: KeyObject, label: string): KeyObject => {
  const { d = "" } = secret.export({ format: "jwk" });
  const bits = hkdfSync("sha384", Buffer.from(d, "base64url"), Buffer.alloc(0), label, DERIVED_SIZE);
  const scalar = (BigInt(`0x${Buffer.from(bits).toString("hex")}`) % (ORDER - 1n)) + 1n;
  const privateKey = Buffer.from(scalar.toString(16).padStart(96, "0"), "hex");
  const curve = createECDH("secp384r1");
  curve.setPrivateKey(privateKey);
  // One byte that says "uncompressed", then both coordinates.
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 49), point.subarray(49)];
  const text = (bytes: Buffer): string => bytes.toString("base64url");
  return createPrivateKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-384", d: text(privateKey), x: text(x), y: text(y) },
  });
};
