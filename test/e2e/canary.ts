// Values that must not be seen, and every form in which they could be.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A form of a canary. */
export interface Form {
  /** What is found, and how it was written: `name in base64`. */
  readonly what: string;
  readonly bytes: Buffer;
}

/** Base64 of a text somewhere inside other bytes: the characters that depend on the text alone, at each of the three alignments. */
const base64Forms = (text: Buffer): readonly string[] =>
  [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), text])
      .toString("base64")
      .replaceAll("=", "");
    const whole = encoded.slice(Math.ceil((before * 8) / 6));
    // The last character may hold bits of what comes after.
    return (text.length + before) % 3 === 0 ? whole : whole.slice(0, -1);
  });

/** Every form of bytes: as they are, and as text made of them. */
const formsOfBytes = (what: string, bytes: Buffer): readonly Form[] => {
  const hex = bytes.toString("hex");
  const texts: readonly (readonly [string, string])[] = [
    ["hex", hex],
    ["upper-case hex", hex.toUpperCase()],
    ...base64Forms(bytes).flatMap((text, at): [string, string][] => [
      [`base64 at alignment ${at}`, text],
      [`base64url at alignment ${at}`, text.replaceAll("+", "-").replaceAll("/", "_")],
    ]),
  ];
  return [
    { what: `${what} as it is`, bytes },
    ...texts.map(([form, text]) => ({ what: `${what} in ${form}`, bytes: Buffer.from(text) })),
  ];
};

/** Every form of a text. */
export const formsOfText = (what: string, text: string): readonly Form[] => {
  const littleEndian = Buffer.from(text, "utf16le");
  return [
    ...formsOfBytes(what, Buffer.from(text)),
    { what: `${what} in UTF-16LE`, bytes: littleEndian },
    { what: `${what} in UTF-16BE`, bytes: Buffer.from(littleEndian).swap16() },
  ];
};

/** Every form of a number of 32 bits: as text, in both byte orders, and as a double. */
export const formsOfNumber = (what: string, value: number): readonly Form[] => {
  const [little, big, double] = [Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(8)];
  little.writeInt32LE(value);
  big.writeInt32BE(value);
  double.writeDoubleLE(value);
  return [
    ...formsOfText(what, `${value}`),
    { what: `${what} as little-endian int32`, bytes: little },
    { what: `${what} as little-endian int32 in hex`, bytes: Buffer.from(little.toString("hex")) },
    { what: `${what} as big-endian int32`, bytes: big },
    { what: `${what} as a double`, bytes: double },
  ];
};

/** What is found in bytes. */
export const findIn = (where: string, bytes: Buffer, forms: readonly Form[]): readonly string[] =>
  forms.filter((form) => bytes.includes(form.bytes)).map(({ what }) => `${what}, in ${where}`);

/** What is found in the files of a folder and in their names. */
export const findInFolder = (folder: string, forms: readonly Form[]): readonly string[] =>
  globSync("**/*", { cwd: folder, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const content = entry.isFile() ? readFileSync(path) : Buffer.alloc(0);
    return findIn(path, Buffer.concat([Buffer.from(`${path}\n`), content]), forms);
  });
