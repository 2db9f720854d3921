// COSE_Sign1 (RFC 9052 section 4.2) as Microsoft signs endorsements with it: PS384, certificates and claims in the protected header.
import { AttestationError, mismatch } from "../attestation-error.ts";
import { type Bytes, concatBytes, copyOf } from "../encoding/bytes.ts";
import { type CborMap, type CborValue, cborText, parseCbor } from "../encoding/cbor.ts";

/** Real endorsements have 11 KiB, half of it a time stamp. */
const MAX_MESSAGE_SIZE = 65_535;
const COSE_SIGN1_TAG = 18;
const ALGORITHM = 1;
const CRITICAL = 2;
const CONTENT_TYPE = 3;
const X5CHAIN = 33;
const PS384 = -38;

/** A COSE_Sign1 message taken apart and not verified: nothing in it is true yet. */
export interface CoseSign1 {
  /** The header that is signed. What the other one says is never read. */
  readonly protectedHeader: CborMap;
  readonly contentType: string;
  /** x5chain, DER: the signer's certificate first. */
  readonly chain: readonly Bytes[];
  readonly payload: Bytes;
  readonly signature: Bytes;
  /** Sig_structure (RFC 9052 section 4.4) with empty external_aad: the bytes that are signed. */
  readonly signed: Bytes;
}

/** Takes a message apart. Throws UVM_MALFORMED, UVM_ALGORITHM. */
export function parseCoseSign1(bytes: Uint8Array): CoseSign1 {
  if (bytes.length > MAX_MESSAGE_SIZE) throw malformed(`${bytes.length} bytes, want at most ${MAX_MESSAGE_SIZE}`);
  const message = parseCbor(copyOf(bytes), malformed);
  if (!isTag(message) || message.tag !== COSE_SIGN1_TAG || !isList(message.value)) throw malformed("not a COSE_Sign1");
  const [encodedHeader, unprotectedHeader, payload, signature, ...more] = message.value;
  if (!isBytes(encodedHeader) || !(unprotectedHeader instanceof Map) || !isBytes(signature) || more.length > 0) {
    throw malformed("not a COSE_Sign1");
  }
  if (!isBytes(payload)) throw malformed("the payload is detached");
  const header = parseCbor(encodedHeader, malformed);
  if (!(header instanceof Map)) throw malformed("the protected header is no map");
  const algorithm = header.get(ALGORITHM);
  if (algorithm !== PS384) throw mismatch("UVM_ALGORITHM", "alg", `${PS384} (PS384)`, cborText(algorithm));
  // RFC 9052 section 3.1: `crit` names headers that must be understood, and none beside these is.
  if (header.has(CRITICAL)) throw mismatch("UVM_ALGORITHM", "crit", "none", "some");
  const contentType = header.get(CONTENT_TYPE);
  const chain = header.get(X5CHAIN);
  if (typeof contentType !== "string") throw malformed("content type is no text");
  if (!isList(chain) || chain.length < 2 || chain.length > 8 || !chain.every(isBytes)) {
    throw malformed("x5chain is not a list of 2 to 8 certificates");
  }
  return {
    protectedHeader: header,
    contentType,
    chain,
    payload,
    signature,
    signed: sigStructure(encodedHeader, payload),
  };
}

/** The CBOR list "Signature1", protected header, no external_aad, payload. */
function sigStructure(header: Bytes, payload: Bytes): Bytes {
  const context = new TextEncoder().encode("Signature1");
  return concatBytes(
    Uint8Array.of(0x84, 0x60 + context.length),
    context,
    byteString(header),
    Uint8Array.of(0x40),
    byteString(payload),
  );
}

function byteString(bytes: Bytes): Bytes {
  const { length } = bytes;
  const head = length < 24 ? [0x40 + length] : length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.from(head), bytes);
}

function isTag(value: CborValue): value is { readonly tag: number; readonly value: CborValue } {
  return typeof value === "object" && value !== null && "tag" in value;
}

function isList(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value);
}

function isBytes(value: CborValue | undefined): value is Bytes {
  return value instanceof Uint8Array;
}

function malformed(reason: string): AttestationError {
  return new AttestationError("UVM_MALFORMED", `endorsement is refused: ${reason}`);
}
