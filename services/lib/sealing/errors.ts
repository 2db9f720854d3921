/**
 * What went wrong, by what a caller should do about it.
 *
 * `SEAL_BROKEN`: sealed bytes were altered, truncated, reordered or swapped, or the key is another's. `SEAL_UNSUPPORTED`: a
 * form of Parquet that sealmesh refuses. `MANIFEST_*`: the manifest, or a file that is not the one it names.
 */
export type SealingCode =
  | "SEAL_BROKEN"
  | "SEAL_UNSUPPORTED"
  | "MANIFEST_MALFORMED"
  | "MANIFEST_FOOTER_MISMATCH"
  | "MANIFEST_PART_MISMATCH"
  | "SCHEMA_INVALID"
  | "VALUE_INVALID"
  | "LIMIT_EXCEEDED"
  | "ENCODING_MALFORMED"
  | "JSON_NOT_CANONICAL"
  | "ENVELOPE_MALFORMED"
  | "SIGNATURE_INVALID"
  | "KEY_MALFORMED"
  | "KEY_UNWRAP_FAILED";

/** Where in sealed data something is wrong. Ordinals count from 0; what is not known is absent. */
export interface SealPlace {
  readonly dataset?: string;
  readonly part?: number;
  readonly column?: string;
  readonly rowGroup?: number;
  readonly page?: number;
}

/** Every failure of sealing and unsealing. Neither message nor data holds a key or a sealed value. */
export class SealingError extends Error {
  readonly code: SealingCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: SealingCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "SealingError";
    this.code = code;
    this.data = data;
  }
}

const words = { dataset: "", part: "part ", column: "column ", rowGroup: "row group ", page: "page " } as const;

const placed = (code: SealingCode, place: SealPlace, problem: string): SealingError => {
  const known = (["dataset", "part", "column", "rowGroup", "page"] as const).flatMap((name) => {
    const value = place[name];
    return value === undefined ? [] : [{ name, value }];
  });
  const where = known.map(({ name, value }) => `${words[name]}${value}`).join(", ");
  return new SealingError(
    code,
    where === "" ? problem : `${where}: ${problem}`,
    Object.fromEntries(known.map(({ name, value }) => [name, value])),
  );
};

/** Sealed bytes that are not what the sealer wrote. */
export const broken = (place: SealPlace, problem: string): SealingError => placed("SEAL_BROKEN", place, problem);

/** A form of Parquet that is genuine but refused. */
export const unsupported = (place: SealPlace, problem: string): SealingError =>
  placed("SEAL_UNSUPPORTED", place, problem);
