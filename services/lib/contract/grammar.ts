// The words that documents are made of: proto/FORMATS.md, first section.

import * as v from "valibot";

// Names of Object.prototype are refused as names: a record that is looked up by name must not find them.
const NAME = "(?!(?:constructor|prototype)(?:/|$))[a-z][a-z0-9-]{0,62}";
const HOST_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
// The last of 43 digits carries 4 of its 6 bits: only a digit whose other two are 0 is what an encoder writes.
const KEY_32 = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]";
const MAXIMUM_HOST = 253;

function text(pattern: string, wanted: string) {
  return v.pipe(v.string(), v.regex(new RegExp(`^${pattern}$`, "u"), wanted));
}

/** A contract, party, class or query. */
export const nameSchema = text(NAME, "a name: a-z, then a-z, 0-9 and -, 63 characters at most");
/** A dataset or workload. */
export const ownedNameSchema = text(`${NAME}/${NAME}`, "<party>/<name>");
/** A column, an output or a member of its rows; the same alphabet as in a manifest. */
export const columnSchema = text(
  "(?!(?:constructor|prototype)$)[A-Za-z][A-Za-z0-9_-]{0,62}",
  "a column or label: a letter, then letters, 0-9, _ and -, 63 characters at most",
);
export const sha256Schema = text("sha256:[0-9a-f]{64}", "sha256: and 64 lower-case hex digits");
export const sha384Schema = text("sha384:[0-9a-f]{96}", "sha384: and 96 lower-case hex digits");
export const hex256Schema = text("[0-9a-f]{64}", "64 lower-case hex digits");
export const runSchema = text("[0-9a-f]{32}", "32 lower-case hex digits");
export const ed25519Schema = text(`ed25519:${KEY_32}`, "ed25519: and 32 bytes in base64url without padding");
export const x25519Schema = text(`x25519:${KEY_32}`, "x25519: and 32 bytes in base64url without padding");
export const key32Schema = text(KEY_32, "32 bytes in base64url without padding");
export const cpuModelSchema = text("[0-9a-f]{2}-[0-9a-f]{2}", "a CPU model: <family>-<model>, two hex digits each");

/** `https://` and a host in lower case: no port, no path, no trailing slash. */
export const brokerUrlSchema = v.pipe(
  text(`https://${HOST_LABEL}(?:\\.${HOST_LABEL})*`, "https:// and a host name in lower case"),
  v.maxLength("https://".length + MAXIMUM_HOST, `a host name of ${MAXIMUM_HOST} characters at most`),
);

/** RFC 3339 in UTC with seconds, and a day that exists. */
export const timeSchema = v.pipe(
  text("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", "a time such as 2026-11-24T10:00:00Z"),
  v.check((time) => toTime(Date.parse(time)) === time, "a time that exists"),
);

/** Writes milliseconds since 1970 as documents do; seconds are cut. Empty for what no date can hold. */
export function toTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? "" : `${date.toISOString().slice(0, "2026-11-24T10:00:00".length)}Z`;
}

/** An integer from `minimum` to `maximum`, 2^53 - 1 unless told. */
export function integerSchema(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) {
  const wanted = `an integer from ${minimum} to ${maximum}`;
  return v.pipe(v.number(), v.safeInteger(wanted), v.minValue(minimum, wanted), v.maxValue(maximum, wanted));
}

/** A list without repetition, of one element at least. */
export function distinctSchema<const S extends v.GenericSchema<unknown, string>>(element: S) {
  return v.pipe(
    v.array(element),
    v.minLength(1, "one element at least"),
    v.check((list) => new Set(list).size === list.length, "no element twice"),
    v.readonly(),
  );
}
