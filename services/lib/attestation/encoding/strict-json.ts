// JSON (RFC 8259) that others have signed. JSON.parse keeps the last of two members of one name, where another reader keeps the first,
// and it rounds integers beyond 2^53. Here a document has one meaning or none.
import type { AttestationError } from "../attestation-error.ts";

/** A JSON value; an integer that no number holds exactly is a bigint. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;

/** An object without a prototype, so that it has no member that the document does not have. */
export interface JsonObject {
  readonly [member: string]: JsonValue;
}

/** True for an object, and not for a list or null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as text for people, cut where it is long; `none` where there is no value. */
export function jsonText(value: JsonValue | undefined): string {
  if (value === undefined) return "none";
  if (typeof value === "bigint") return `${value}`;
  const text = JSON.stringify(value, (_name, member: unknown) => (typeof member === "bigint" ? `${member}` : member));
  return text.slice(0, 200);
}

const MAX_DEPTH = 64;
/** The time to read an integer grows faster than its length. */
const MAX_NUMBER_LENGTH = 80;

// Sticky: each matches where the reader is, or not at all. A character can be matched in one way only, so the time is linear.
const space = /[ \t\n\r]*/y;
// oxlint-disable-next-line no-control-regex -- these are what a JSON string does not hold
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const wordToken = /true|false|null/y;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parses UTF-8 text that is one JSON value. Refuses a byte order mark, duplicate members, unpaired surrogates and more than 64 levels. An
 * integer has one spelling, without fraction and exponent, and is exact; any other number is the nearest double. Throws what `refuse`
 * makes of the reason.
 */
export function parseStrictJson(bytes: Uint8Array, refuse: (reason: string) => AttestationError): JsonValue {
  const text = textOf(bytes, refuse);
  let at = 0;
  const document = readValue(0);
  take(space);
  if (at < text.length) throw broken("text behind the value");
  return document;

  function readValue(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw broken("nested too deeply");
    if (takeMark("{")) return readObject(depth);
    if (takeMark("[")) return readList(depth);
    const value = readString() ?? readNumber();
    if (value !== null) return value;
    const word = take(wordToken);
    if (word === null) throw broken("no value");
    return word === "null" ? null : word === "true";
  }

  function readList(depth: number): readonly JsonValue[] {
    const values: JsonValue[] = [];
    if (takeMark("]")) return values;
    do values.push(readValue(depth + 1));
    while (!isEnd("]"));
    return values;
  }

  function readObject(depth: number): JsonObject {
    const members: Record<string, JsonValue> = Object.create(null);
    if (takeMark("}")) return members;
    do {
      take(space);
      const name = readString();
      if (name === null) throw broken("no name of a member");
      if (name in members) throw broken("second member of one name");
      if (!takeMark(":")) throw broken("no colon");
      members[name] = readValue(depth + 1);
    } while (!isEnd("}"));
    return members;
  }

  function isEnd(mark: string): boolean {
    if (takeMark(",")) return false;
    if (takeMark(mark)) return true;
    throw broken(`neither a comma nor ${mark}`);
  }

  function readString(): string | null {
    const token = take(stringToken);
    if (token === null) return null;
    // The token is a JSON string whole, so this is one too.
    const string: string = JSON.parse(token);
    if (!string.isWellFormed()) throw broken("unpaired surrogate");
    return string;
  }

  function readNumber(): number | bigint | null {
    const token = take(numberToken);
    if (token === null) return null;
    const number = Number(token);
    if (token.length > MAX_NUMBER_LENGTH || !Number.isFinite(number)) throw broken("number too long or too large");
    if (!/[.eE]/.test(token)) return Number.isSafeInteger(number) ? number : BigInt(token);
    // 1.0 and 1e3, but also what would only be rounded to an integer.
    if (Number.isInteger(number)) throw broken("integer with a fraction or an exponent");
    return number;
  }

  function takeMark(mark: string): boolean {
    take(space);
    if (!text.startsWith(mark, at)) return false;
    at += mark.length;
    return true;
  }

  function take(token: RegExp): string | null {
    token.lastIndex = at;
    const found = token.exec(text)?.[0] ?? null;
    at += found?.length ?? 0;
    return found;
  }

  function broken(reason: string): AttestationError {
    return refuse(`${reason} at character ${at}`);
  }
}

function textOf(bytes: Uint8Array, refuse: (reason: string) => AttestationError): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refuse("not UTF-8");
  }
}
