// One question to AMD's Key Distribution Service, asked until it is answered or there is no point in asking on.
import { AttestationError } from "../attestation-error.ts";
import { type Bytes, concatBytes } from "../encoding/bytes.ts";

/** As much of the Fetch standard's `fetch` as is needed. */
export type Fetch = (
  url: string,
  init: { readonly redirect: "error"; readonly signal: AbortSignal },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AnswerBody | null;
}>;

/** As much of a `ReadableStream` of bytes as is needed. */
interface AnswerBody {
  getReader(): { read(): Promise<{ readonly value?: Uint8Array | undefined }>; cancel(): Promise<void> };
  cancel(): Promise<void>;
}

/** How the service is asked. */
export interface RequestOptions {
  readonly fetch: Fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** How often one thing is asked for; 5 unless given. */
  readonly attempts?: number;
  /** How long one answer may take, in milliseconds; 10 seconds unless given. */
  readonly timeoutMs?: number;
}

const MAX_ANSWER_SIZE = 65_536;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Statuses that the service gives for a while and then no more, 404 among them. */
const passing = new Set([404, 408, 425, 429, 500, 502, 503, 504]);

interface Failure {
  readonly error: AttestationError;
  readonly mayPass: boolean;
  /** How long the service wants to be left alone, in milliseconds; `null` when it does not say. */
  readonly waitMs: number | null;
}

/** Asks for a path below `base` and returns the bytes of the answer, at most 65,536. Throws COLLATERAL_UNAVAILABLE. */
export async function requestKds(base: string, path: string, options: RequestOptions): Promise<Bytes> {
  const { sleep, attempts = 5 } = options;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await askOnce(base, path, options);
    if (!("error" in answer)) return answer;
    if (!answer.mayPass || attempt >= attempts) throw answer.error;
    await sleep(Math.min(answer.waitMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS));
  }
}

async function askOnce(
  base: string,
  path: string,
  { fetch, now, timeoutMs = 10_000 }: RequestOptions,
): Promise<Bytes | Failure> {
  try {
    // No redirect is followed: what is asked for must come from where it was asked.
    const answer = await fetch(`${base}${path}`, { redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
    const { status, headers, body } = answer;
    if (status === 200) return await boundedBytes(body, path);
    await body?.cancel();
    return {
      error: unavailable(path, `it answered ${status}`, { status }),
      mayPass: passing.has(status),
      waitMs: retryAfter(headers.get("retry-after"), now()),
    };
  } catch (cause) {
    if (cause instanceof AttestationError) return { error: cause, mayPass: false, waitMs: null };
    return { error: unavailable(path, "it could not be reached", { cause }), mayPass: true, waitMs: null };
  }
}

/** Stops reading at the limit: whoever answers decides how much there is. */
async function boundedBytes(body: AnswerBody | null, path: string): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  const reader = body?.getReader();
  for (let size = 0; ;) {
    const value = (await reader?.read())?.value;
    if (value === undefined) return concatBytes(...chunks);
    chunks.push(value);
    size += value.length;
    if (size > MAX_ANSWER_SIZE) {
      await reader?.cancel();
      throw unavailable(path, `its answer is more than ${MAX_ANSWER_SIZE} bytes`);
    }
  }
}

/** RFC 9110 section 10.2.3: seconds, or a date. In milliseconds from now; `null` when it is neither. */
function retryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^[0-9]{1,6}$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Unavailable is not invalid: the evidence may be genuine, and asking again may help. The path says which kind of thing was asked for. */
export function unavailable(
  path: string,
  why: string,
  { cause, status }: { readonly cause?: unknown; readonly status?: number } = {},
): AttestationError {
  return new AttestationError(
    "COLLATERAL_UNAVAILABLE",
    `AMD's key distribution service gives nothing for ${path}: ${why}`,
    { field: path, ...(status === undefined ? {} : { seen: `${status}` }) },
    cause === undefined ? {} : { cause },
  );
}
