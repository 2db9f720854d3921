import canonicalize from "canonicalize";
import { SealingError } from "./errors.ts";

/**
 * The canonical JSON of a value (RFC 8785): what is hashed and signed.
 *
 * @throws SealingError JSON_NOT_CANONICAL when the value has none, as `undefined`, NaN or a lone surrogate
 */
export const canonicalJson = (value: unknown): string => {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new SealingError("JSON_NOT_CANONICAL", "value has no canonical json", {}, { cause });
  }
  if (text === undefined) throw new SealingError("JSON_NOT_CANONICAL", "value has no canonical json");
  return text;
};

/**
 * Parses text that is its own canonical JSON. So there is one text per value: white space, duplicate keys and other
 * spellings of a number are refused.
 *
 * @throws SealingError JSON_NOT_CANONICAL
 */
export const parseCanonicalJson = (text: string): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SealingError("JSON_NOT_CANONICAL", "text is not json", {}, { cause });
  }
  if (canonicalJson(value) !== text) throw new SealingError("JSON_NOT_CANONICAL", "text is not in canonical form");
  return value;
};
