// What bytes tell without a key: how random they look, and whether there is text in them.

/** Bytes of a window whose entropy is looked at by itself; windows overlap by half. */
export const WINDOW_BYTES = 1_024;

/**
 * Below this a window is not ciphertext. A window of 1,024 uniformly random bytes has 7.8 bits per byte on average and stays above 7.7 in
 * all but one of many millions; text has about 4.5.
 */
export const RANDOM_WINDOW_BITS = 7.5;

/** What was seen in a file. */
export interface ByteStatistics {
  readonly sizeBytes: number;
  /** Shannon entropy of all bytes, in bits per byte: 0 to 8. */
  readonly entropy: number;
  /** The least entropy of a whole window; undefined when there was none. */
  readonly leastWindow: number | undefined;
  /** The longest run of printable ASCII. */
  readonly longestText: string;
}

/** Takes the bytes of a file in order. */
export interface ByteReader {
  /** Bytes to be judged. */
  add(bytes: Uint8Array): void;
  /** Bytes that are known to be readable: they count for the entropy of the whole and for nothing else. */
  skip(bytes: Uint8Array): void;
  result(): ByteStatistics;
}

const MOST_TEXT = 200;

const bitsOf = (counts: Uint32Array | Float64Array, total: number): number => {
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / total) * Math.log2(count / total);
  return bits;
};

const countInto = (counts: Uint32Array | Float64Array, bytes: Uint8Array): void => {
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
};

/** Shannon entropy of bytes, in bits per byte: 0 to 8. */
export const entropyOf = (bytes: Uint8Array): number => {
  const counts = new Uint32Array(256);
  countInto(counts, bytes);
  return bitsOf(counts, bytes.length);
};

/**
 * How long a run of printable ASCII may be in so many random bytes: longer ones come up by chance in one of a million such files. 95 of
 * 256 byte values are printable.
 */
export const longestTextByChance = (sizeBytes: number): number =>
  Math.ceil(Math.log(Math.max(sizeBytes, 1) / 1e-6) / Math.log(256 / 95));

/** Begins to read a file. */
export const readBytes = (): ByteReader => {
  const counts = new Float64Array(256);
  let size = 0;
  let leastWindow: number | undefined;
  // The bytes since the last window's first half.
  let pending = new Uint8Array();
  let run = "";
  let longest = "";

  const endRun = (): void => {
    if (run.length > longest.length) longest = run;
    run = "";
  };
  const windows = (bytes: Uint8Array): void => {
    const all = new Uint8Array(pending.length + bytes.length);
    all.set(pending);
    all.set(bytes, pending.length);
    let at = 0;
    for (; at + WINDOW_BYTES <= all.length; at += WINDOW_BYTES / 2) {
      const bits = entropyOf(all.subarray(at, at + WINDOW_BYTES));
      if (leastWindow === undefined || bits < leastWindow) leastWindow = bits;
    }
    pending = all.slice(at);
  };

  return {
    add(bytes) {
      countInto(counts, bytes);
      size += bytes.length;
      windows(bytes);
      for (const byte of bytes) {
        if (byte < 0x20 || byte > 0x7e) endRun();
        else if (run.length < MOST_TEXT) run += String.fromCharCode(byte);
      }
    },
    skip(bytes) {
      countInto(counts, bytes);
      size += bytes.length;
      pending = new Uint8Array();
      endRun();
    },
    result() {
      endRun();
      return { sizeBytes: size, entropy: size === 0 ? 0 : bitsOf(counts, size), leastWindow, longestText: longest };
    },
  };
};
