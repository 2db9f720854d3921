import { isIPv6 } from "node:net";

/** A token bucket: `burst` calls at once, `perSecond` calls in the long run. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Rates by method name, `sealmesh.attestation.v1alpha1.Attestation/GetEvidence`. */
export type RateLimits = Readonly<Record<string, Rate>>;

/** Takes one token. Returns milliseconds until there is one, or `undefined` when the call may go on. */
export type RateLimiter = (address: string, method: string) => number | undefined;

const CAPACITY = 10_000;

/** One address for what one host can choose freely: IPv6 by its /64, IPv4 in IPv6 as IPv4. */
const hostOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(zeros).fill("0"), ...right].slice(0, 4).join(":");
};

/**
 * Limits calls per address and method.
 *
 * Memory is bounded: above `capacity` buckets the one unused for longest is dropped, which can only give its owner a
 * full bucket again.
 */
export const createRateLimiter = (
  limits: RateLimits,
  { now = () => performance.now(), capacity = CAPACITY }: { now?: () => number; capacity?: number } = {},
): RateLimiter => {
  // A Map keeps insertion order: the first key is the one unused for longest.
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (address, method) => {
    const rate = limits[method];
    if (rate === undefined) return undefined;
    const key = `${hostOf(address)} ${method}`;
    const at = now();
    const last = buckets.get(key) ?? { tokens: rate.burst, at };
    const tokens = Math.min(rate.burst, last.tokens + ((at - last.at) / 1000) * rate.perSecond);
    const allowed = tokens >= 1;
    buckets.delete(key);
    buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at });
    if (buckets.size > capacity) {
      const [oldest] = buckets.keys();
      if (oldest !== undefined) buckets.delete(oldest);
    }
    return allowed ? undefined : Math.ceil(((1 - tokens) / rate.perSecond) * 1000);
  };
};
