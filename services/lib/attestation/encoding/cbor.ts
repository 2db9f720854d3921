// As much of CBOR (RFC 8949) as COSE messages need, and only its deterministic lengths (section 4.2.1): definite, in the shortest form.
import type { AttestationError } from "../attestation-error.ts";
import { byteAt, type Bytes } from "./bytes.ts";

/** A CBOR value; keys of maps are integers and texts. */
export type CborValue = number | string | boolean | null | Bytes | readonly CborValue[] | CborMap | CborTag;

/** A map, without two equal keys. */
export type CborMap = ReadonlyMap<number | string, CborValue>;

/** A tagged value. */
export interface CborTag {
  readonly tag: number;
  readonly value: CborValue;
}

/** A value as text for people, cut where it is long; `none` where there is no value. */
export function cborText(value: CborValue | undefined): string {
  if (typeof value === "object" && value !== null) return "not a text or a number";
  return value === undefined ? "none" : String(value).slice(0, 200);
}

const MAX_DEPTH = 8;

/**
 * Parses bytes that are one CBOR item and nothing behind it: integers up to 2^53, no duplicate keys, at most 8 levels. Throws what `refuse`
 * makes of the reason.
 */
export function parseCbor(bytes: Bytes, refuse: (reason: string) => AttestationError): CborValue {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;
  const item = readItem(0);
  if (at < bytes.length) throw broken("bytes behind the item");
  return item;

  function readItem(depth: number): CborValue {
    if (depth > MAX_DEPTH) throw broken("nested too deeply");
    const initial = readByte();
    const major = initial >> 5;
    if (major === 7) return simple(initial & 0x1f);
    const argument = readArgument(initial & 0x1f);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return -1 - argument;
      case 2:
        return readBytes(argument);
      case 3:
        return readText(argument);
      case 4:
        return readList(argument, depth);
      case 5:
        return readMap(argument, depth);
      default:
        return { tag: argument, value: readItem(depth + 1) };
    }
  }

  function readArgument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw broken("length that is not definite");
    const size = 2 ** (info - 24);
    const argument = readBytes(size).reduce((value, byte) => value * 256 + byte, 0);
    const isShortest = argument >= (size === 1 ? 24 : 256 ** (size / 2));
    if (!isShortest || !Number.isSafeInteger(argument))
      throw broken("argument not in its shortest form, or above 2^53");
    return argument;
  }

  function simple(info: number): boolean | null {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22) return null;
    throw broken("simple value or number that is not known");
  }

  function readByte(): number {
    if (at >= bytes.length) throw broken("item cut short");
    return byteAt(bytes, at++);
  }

  function readBytes(length: number): Bytes {
    if (length > bytes.length - at) throw broken("item cut short");
    at += length;
    return bytes.subarray(at - length, at);
  }

  function readText(length: number): string {
    const encoded = readBytes(length);
    try {
      return text.decode(encoded);
    } catch {
      throw broken("text that is not UTF-8");
    }
  }

  function readList(length: number, depth: number): readonly CborValue[] {
    const list: CborValue[] = [];
    // Every item has a byte at least, so a length that promises more ends with the bytes.
    for (let index = 0; index < length; index += 1) list.push(readItem(depth + 1));
    return list;
  }

  function readMap(length: number, depth: number): CborMap {
    const map = new Map<number | string, CborValue>();
    for (let index = 0; index < length; index += 1) {
      const key = readItem(depth + 1);
      if (typeof key !== "number" && typeof key !== "string") throw broken("key that is no integer and no text");
      if (map.has(key)) throw broken("second member of one key");
      map.set(key, readItem(depth + 1));
    }
    return map;
  }

  function broken(reason: string): AttestationError {
    return refuse(`${reason} at byte ${at}`);
  }
}
