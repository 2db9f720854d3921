// What sealing needs of the platform. Synchronous: pages are large, and a worker that decrypts has nothing else to do.

/** SHA-256 of bytes that come in pieces. */
export interface RunningDigest {
  readonly update: (bytes: Uint8Array) => void;
  /** Ends the digest: 32 bytes. */
  readonly digest: () => Uint8Array;
}

/** AES-256-GCM, randomness and a running SHA-256. */
export interface Cipher {
  /**
   * Encrypts under a 32-byte key and a 12-byte nonce.
   *
   * @returns the ciphertext and then the 16-byte tag
   */
  readonly seal: (input: CipherInput) => Uint8Array;
  /** The inverse. Throws, whatever it likes, when the tag does not hold. */
  readonly open: (input: CipherInput) => Uint8Array;
  /** Bytes from a cryptographically secure source. */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly startSha256: () => RunningDigest;
}

/** The arguments of one encryption or decryption. */
export interface CipherInput {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Zstandard. */
export interface Codec {
  readonly compress: (bytes: Uint8Array) => Uint8Array;
  /** Throws when the result would be longer than `size`; never allocates more. */
  readonly decompress: (bytes: Uint8Array, size: number) => Uint8Array;
}
