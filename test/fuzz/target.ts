import { AttestationError } from "#attestation";

/** What the fuzzer feeds with bytes. A finding is whatever `run` throws: everything but AttestationError, and what the target refutes. */
export interface FuzzTarget {
  /** Good inputs of our own making, to begin with. */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** A promise where the code under test waits for something. */
  readonly run: (data: Uint8Array) => void | Promise<void>;
  /** Whether `run` gives a promise; the fuzzer runs the others faster. */
  readonly waits: boolean;
  /** The longest input that is worth trying; twice the longest seed when it is not said. */
  readonly maxLength?: number;
}

/** What a parser makes of its input, or `null` when it refuses it as it should. */
export function accepted<Value>(parse: () => Value): Value | null {
  try {
    return parse();
  } catch (error) {
    return refusedOrThrow(error);
  }
}

/** The same for one that waits; `onRefusal` is told why it was refused. */
export async function acceptedLater<Value>(
  parse: () => Promise<Value>,
  onRefusal: (error: AttestationError) => void = () => {},
): Promise<Value | null> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof AttestationError) onRefusal(error);
    return refusedOrThrow(error);
  }
}

function refusedOrThrow(error: unknown): null {
  if (error instanceof AttestationError) return null;
  throw error;
}

/** Refutes: what must hold of everything that is accepted does not. */
export function hold(condition: boolean, what: string): void {
  if (!condition) throw new Error(`refuted: ${what}`);
}

/** Whether two byte strings are the same, by other code than the library's. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
