// Writes CBOR (RFC 8949) as it should be written; what should not be written is put together from `head` by the tests.

/** Initial byte and argument, in the shortest form. */
export function head(major: number, argument: number): Buffer {
  const initial = major << 5;
  if (argument < 24) return Buffer.from([initial | argument]);
  if (argument < 0x100) return Buffer.from([initial | 24, argument]);
  const wide = argument >= 0x1_0000;
  const bytes = Buffer.alloc(wide ? 5 : 3, initial | (wide ? 26 : 25));
  if (wide) bytes.writeUInt32BE(argument, 1);
  else bytes.writeUInt16BE(argument, 1);
  return bytes;
}

/** An integer or a text. */
export function item(value: number | string): Buffer {
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  return value < 0 ? head(1, -1 - value) : head(0, value);
}

export const bytes = (content: Uint8Array): Buffer => Buffer.concat([head(2, content.length), content]);
export const list = (...items: readonly Uint8Array[]): Buffer => Buffer.concat([head(4, items.length), ...items]);
export const tag = (number: number, value: Uint8Array): Buffer => Buffer.concat([head(6, number), value]);

/** Members in the order in which they are given, equal keys too. */
export const map = (...members: readonly (readonly [key: number | string, value: Uint8Array])[]): Buffer =>
  Buffer.concat([head(5, members.length), ...members.flatMap(([key, value]) => [item(key), value])]);
