// Exact rounding: no quotient is ever a floating-point number before it is rounded.

/** The integer nearest to `numerator` / `denominator` (above 0); halves go to the even one. */
export function divideHalfToEven(numerator: bigint, denominator: bigint): bigint {
  const truncated = numerator / denominator;
  const floor = numerator % denominator < 0n ? truncated - 1n : truncated;
  const twice = 2n * (numerator - floor * denominator);
  const up = twice > denominator || (twice === denominator && floor % 2n !== 0n);
  return up ? floor + 1n : floor;
}

/** `part` of `whole` (above 0) as a percentage with one decimal: the double that is nearest to it, so that it prints as it. */
export function percentHalfToEven(part: number, whole: number): number {
  return Number(divideHalfToEven(BigInt(part) * 1000n, BigInt(whole))) / 10;
}
