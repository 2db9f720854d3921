// A client of AMD's Key Distribution Service. The service throttles each caller to about one VCEK in ten seconds, so what it gave is
// kept, and nothing is asked twice at once. What comes back is not trusted: it is verified on every use, like any other certificate.
import { AttestationError } from "../attestation-error.ts";
import { parseCrl } from "../certificates/certificate-revocation-list.ts";
import type { Signer } from "../certificates/roles.ts";
import { type Bytes, copyOf } from "../encoding/bytes.ts";
import { certificatesFrom } from "../encoding/pem.ts";
import type { Product } from "../report/product.ts";
import type { AttestationReport } from "../report/report.ts";
import { chainPath, crlPath, KDS, vcekPath } from "./kds-urls.ts";

/** Keeps what the service gave, by path: product, chip and every SPL are in it. */
export interface CollateralStore {
  /** The bytes that were put, or `null`. */
  get(path: string): Promise<Uint8Array | null>;
  put(path: string, bytes: Uint8Array): Promise<void>;
}

/** As much of the Fetch standard's `fetch` as is needed. */
export type Fetch = (
  url: string,
  init: { readonly redirect: "error"; readonly signal: AbortSignal },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}>;

/** What the client needs of its surroundings. */
export interface KdsOptions {
  readonly fetch: Fetch;
  readonly store: CollateralStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Where the service is; AMD's own unless given (a proxy, for browsers; a simulated one). */
  readonly base?: string;
  /** How often one thing is asked for; 5 unless given. */
  readonly attempts?: number;
  /** How long one answer may take, in milliseconds; 10 seconds unless given. */
  readonly timeoutMs?: number;
}

/** AMD's Key Distribution Service. Every method throws COLLATERAL_UNAVAILABLE when it gives no usable answer in time. */
export interface KdsClient {
  /** The VCEK of a report, DER. Throws EVIDENCE_COLLATERAL_IMPOSSIBLE for a VLEK and a masked chip. */
  vcek(report: AttestationReport, product: Product): Promise<Bytes>;
  /** The intermediate and the root, DER. */
  chain(product: Product, signer: Signer): Promise<readonly Bytes[]>;
  /** The newest CRL of the product's root, DER; never one that is past its nextUpdate, unless that is all the service has. */
  crl(product: Product, signer: Signer): Promise<Bytes>;
}

const MAX_ANSWER_SIZE = 65_536;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Statuses that the service gives for a while and then no more, 404 among them. */
const passing = new Set([404, 408, 425, 429, 500, 502, 503, 504]);

/** Creates a client. */
export function createKdsClient(options: KdsOptions): KdsClient {
  const { base = KDS, store } = options;
  const underWay = new Map<string, Promise<Bytes>>();
  // One after the other: the service counts requests of a caller, whatever they are for.
  let last: Promise<unknown> = Promise.resolve();

  const ask = (path: string): Promise<Bytes> => {
    const open = underWay.get(path);
    if (open !== undefined) return open;
    const answer = last.then(() => request(`${base}${path}`, options));
    last = answer.catch(() => undefined);
    underWay.set(path, answer);
    const forget = () => underWay.delete(path);
    answer.then(forget, forget);
    return answer;
  };

  /** What is kept and still fits, else what the service gives, which is then kept. */
  const obtain = async <Value>(
    path: string,
    read: (bytes: Bytes) => Value,
    fits = (_: Value) => true,
  ): Promise<Value> => {
    const kept = await store.get(path);
    const value = kept === null ? null : readable(copyOf(kept), read);
    if (value !== null && fits(value)) return value;
    const bytes = await ask(path);
    const given = readable(bytes, read);
    if (given === null) throw unavailable(path, "its answer is not what was asked for");
    await store.put(path, bytes);
    return given;
  };

  return {
    vcek: async (report, product) => obtain(vcekPath(report, product), oneCertificate),
    chain: (product, signer) => obtain(chainPath(product, signer), certificatesFrom),
    crl: async (product, signer) => {
      const isCurrent = ({ nextUpdate }: { readonly nextUpdate: number }) => options.now() <= nextUpdate;
      return (await obtain(crlPath(product, signer), parseCrl, isCurrent)).der;
    },
  };
}

function oneCertificate(bytes: Bytes): Bytes {
  const [certificate, ...more] = certificatesFrom(bytes);
  if (certificate === undefined || more.length > 0) throw unavailable("", "it gave more than one certificate");
  return certificate;
}

/** What bytes are read as, `null` when they cannot be. */
function readable<Value>(bytes: Bytes, read: (bytes: Bytes) => Value): Value | null {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof AttestationError) return null;
    throw error;
  }
}

async function request(
  url: string,
  { fetch, sleep, now, attempts = 5, timeoutMs = 10_000 }: KdsOptions,
): Promise<Bytes> {
  let why = "it was not asked";
  let cause: unknown;
  let status: number | undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    let wait = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
    try {
      // No redirect is followed: what is asked for must come from where it was asked.
      const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
      status = answer.status;
      if (status === 200) return sized(await answer.arrayBuffer(), url);
      why = `it answered ${status}`;
      if (!passing.has(status)) break;
      wait = retryAfter(answer.headers.get("retry-after"), now()) ?? wait;
    } catch (error) {
      if (error instanceof AttestationError) throw error;
      [why, cause] = ["it could not be reached", error];
    }
    if (attempt + 1 < attempts) await sleep(Math.min(wait, LONGEST_WAIT_MS));
  }
  throw unavailable(new URL(url).pathname, why, { cause, status });
}

function sized(answer: ArrayBuffer, url: string): Bytes {
  if (answer.byteLength > MAX_ANSWER_SIZE) {
    throw unavailable(new URL(url).pathname, `its answer is ${answer.byteLength} bytes, more than ${MAX_ANSWER_SIZE}`);
  }
  return new Uint8Array(answer);
}

/** RFC 9110 section 10.2.3: seconds, or a date. In milliseconds from now; `null` when it is neither. */
function retryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^[0-9]{1,6}$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Unavailable is not invalid: the evidence may be genuine, and asking again may help. */
function unavailable(
  path: string,
  why: string,
  { cause, status }: { readonly cause?: unknown; readonly status?: number | undefined } = {},
): AttestationError {
  return new AttestationError(
    "COLLATERAL_UNAVAILABLE",
    `AMD's key distribution service gives nothing for ${path}: ${why}`,
    { field: path, ...(status === undefined ? {} : { seen: `${status}` }) },
    cause === undefined ? {} : { cause },
  );
}
