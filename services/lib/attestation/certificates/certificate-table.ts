// The certificate table of an extended guest request (GHCB specification, MSG_REPORT_REQ; configfs-tsm's auxblob): entries of 24 bytes
// up to one that is all zero, then the blobs. It comes from the host: every entry is a hint, to be looked up by GUID.
import { AttestationError } from "../attestation-error.ts";
import { copyOf, isZero, toHex } from "../encoding/bytes.ts";
import { certificatesFrom } from "../encoding/pem.ts";

const ENTRY_SIZE = 24;
/** Linux passes tables of at most 16 KiB. */
const MAX_TABLE_SIZE = 65_536;

/** What an entry holds, by its GUID; `null` for a GUID that is not known here. */
export type TableEntryKind = "VCEK" | "VLEK" | "ASK" | "ARK" | "CRL" | "platform info" | null;

/** GUIDs as bytes, in the order of RFC 4122: the first byte of the text first. ASVKs come under the GUID of the ASK. */
const kinds: ReadonlyMap<string, TableEntryKind> = new Map<string, TableEntryKind>([
  ["63da758de6644564adc5f4b93be8accd", "VCEK"],
  ["a8074bc2a25a483eaae639c045a0b8a1", "VLEK"],
  ["4ab7b379bbac4fe4a02f05aef327c782", "ASK"],
  ["c0b406a4a803495297433fb6014cd0ae", "ARK"],
  ["92f81bc358114d3d97ffd19f88dc67ea", "CRL"],
  ["ecae0c0f950243b1afa20ae2e0d565b6", "platform info"],
]);

/** One entry of a certificate table. */
export interface TableEntry {
  /** Lower-case hexadecimal digits with dashes. */
  readonly guid: string;
  readonly kind: TableEntryKind;
  /** Offset of the blob from the start of the table. */
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Splits a certificate table; an empty one has no entries: the host gave no certificates. Throws CERTIFICATE_TABLE_MALFORMED when an entry
 * points outside the blobs, a known kind occurs twice, or the terminating entry is missing.
 */
export function parseCertificateTable(bytes: Uint8Array): readonly TableEntry[] {
  if (bytes.length === 0) return [];
  if (bytes.length > MAX_TABLE_SIZE) throw broken(0, `${bytes.length} bytes, want at most ${MAX_TABLE_SIZE}`);
  const table = copyOf(bytes);
  const view = new DataView(table.buffer);
  const heads: { readonly at: number; readonly guid: string }[] = [];
  for (let at = 0; ; at += ENTRY_SIZE) {
    if (at + ENTRY_SIZE > table.length) throw broken(at, "no terminating entry");
    if (isZero(table.subarray(at, at + ENTRY_SIZE))) break;
    heads.push({ at, guid: toHex(table.subarray(at, at + 16)) });
  }
  const blobs = (heads.length + 1) * ENTRY_SIZE;
  const entries = heads.map(({ at, guid }): TableEntry => {
    const [offset, length] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true)];
    // Numbers of 53 bits: the sum of two 32-bit numbers does not wrap.
    if (length === 0 || offset < blobs || offset + length > table.length) {
      throw broken(at, `blob of ${length} bytes at ${offset} is outside of ${blobs} to ${table.length}`);
    }
    return { guid: dashed(guid), kind: kinds.get(guid) ?? null, offset, bytes: table.slice(offset, offset + length) };
  });
  const known = entries.flatMap(({ kind }) => (kind === null ? [] : [kind]));
  const twice = known.find((kind, index) => known.indexOf(kind) !== index);
  if (twice !== undefined) throw broken(0, `two entries of the ${twice}`);
  return entries;
}

/** The certificates and CRLs of a table, and what was passed over. */
export interface TableContents {
  /** DER. */
  readonly certificates: readonly Uint8Array<ArrayBuffer>[];
  readonly crls: readonly Uint8Array<ArrayBuffer>[];
  /** Entries that hold no certificate, each with its reason; a verdict does not rest on them. */
  readonly ignored: readonly string[];
}

/**
 * Takes the certificates out of a table, as DER or PEM. Some hosts fill the entries of the authorities with bytes that are none: those
 * are passed over, since the published authorities will do. Throws CERTIFICATE_TABLE_MALFORMED, and CERTIFICATE_MALFORMED for a leaf.
 */
export function certificatesOfTable(bytes: Uint8Array): TableContents {
  const certificates: Uint8Array<ArrayBuffer>[] = [];
  const crls: Uint8Array<ArrayBuffer>[] = [];
  const ignored: string[] = [];
  for (const { kind, guid, bytes: blob } of parseCertificateTable(bytes)) {
    if (kind === "VCEK" || kind === "VLEK") certificates.push(...certificatesFrom(blob));
    else if (kind === "CRL") crls.push(blob);
    else if (kind === "ASK" || kind === "ARK") {
      try {
        certificates.push(...certificatesFrom(blob));
      } catch (error) {
        if (!(error instanceof AttestationError)) throw error;
        ignored.push(`${kind}: ${error.message}`);
      }
    } else ignored.push(`${kind ?? guid}: holds no certificate`);
  }
  return { certificates, crls, ignored };
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function broken(offset: number, why: string): AttestationError {
  return new AttestationError("CERTIFICATE_TABLE_MALFORMED", `certificate table is refused at byte ${offset}: ${why}`, {
    offset,
  });
}
