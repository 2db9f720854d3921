import { AttestationError } from "#attestation";
import {
  type CborMap,
  type CborTag,
  type CborValue,
  parseCbor,
} from "../../../services/lib/attestation/encoding/cbor.ts";
import { accepted, type FuzzTarget, hold, same } from "../target.ts";

const malformed = (reason: string) => new AttestationError("UVM_MALFORMED", reason);

/** Initial byte and argument, in the shortest form. */
function head(major: number, argument: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeBigUInt64BE(BigInt(argument), 1);
  const size = [1, 2, 4, 8].find((bytes) => argument < 2 ** (8 * bytes)) ?? 8;
  if (argument < 24) return Buffer.from([(major << 5) | argument]);
  return Buffer.concat([Buffer.from([(major << 5) | (24 + Math.log2(size))]), bytes.subarray(9 - size)]);
}

function encode(value: CborValue): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
  if (value === null) return Buffer.from([0xf6]);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (isList(value)) return Buffer.concat([head(4, value.length), ...value.map(encode)]);
  if (isMap(value)) return Buffer.concat([head(5, value.size), ...[...value].flat().map(encode)]);
  return Buffer.concat([head(6, value.tag), encode(value.value)]);
}

const isList = (value: CborValue): value is readonly CborValue[] => Array.isArray(value);
const isMap = (value: CborMap | CborTag | readonly CborValue[]): value is CborMap => value instanceof Map;

/** CBOR of any bytes: what is accepted has one spelling. */
export const target: FuzzTarget = {
  waits: false,
  seeds: () =>
    [
      "d28443a10126a0f640",
      "83f5f4f6",
      "a301382521656669727374613218641a000f4240",
      "c11b000000e8d4a51000",
      "8181818181818180",
      "5818000102030405060708090a0b0c0d0e0f1011121314151617",
    ].map((hex) => Buffer.from(hex, "hex")),
  run: (data) => {
    const item = accepted(() => ({ value: parseCbor(Uint8Array.from(data), malformed) }));
    if (item !== null) hold(same(encode(item.value), data), "an item is spelled in one way");
  },
};
