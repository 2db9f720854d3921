// The contract as people write it and as owners sign it: these types are the members of the canonical JSON, with the same
// names, so that what the code reads is what the digest covers. Specification: proto/FORMATS.md, section 5.

/** Who may do what with whose data, and for how long. */
export interface Contract {
  /** Its name. */
  readonly contract: string;
  /** From 1; a broker activates only a version higher than any it has seen under this name. */
  readonly version: number;
  /** `sha256:` of the simulated ARK's SubjectPublicKeyInfo; present if and only if the hardware is simulated. */
  readonly simulated_root?: string;
  /** By name. */
  readonly parties: Readonly<Record<string, Party>>;
  /** By `<party>/<name>`. */
  readonly datasets: Readonly<Record<string, Dataset>>;
  /** By `<party>/<name>`. */
  readonly workloads: Readonly<Record<string, Workload>>;
  /** By name. */
  readonly queries: Readonly<Record<string, Query>>;
  /** Judged by each broker's clock: from the first second on, until before the last. */
  readonly valid: { readonly from: string; readonly until: string };
}

/** A party; one that owns a dataset has both members. */
export interface Party {
  /** `ed25519:` and the key that signs contracts for this party. */
  readonly owner_key?: string;
  /** Where the party's keys are asked for. */
  readonly broker?: Broker;
}

/** A party's key broker. */
export interface Broker {
  /** `https://` and a host: a name and the issuer of verdicts, not an address. */
  readonly url: string;
  /** `ed25519:` and the key that signs what the broker releases. */
  readonly key: string;
  /** `sha256:` of the DER of the CA certificate under which the broker's TLS name is checked. */
  readonly ca: string;
}

/** A sealed dataset: which version of it, and what is in which class. */
export interface Dataset {
  /** `sha256:` of the signed manifest's payload. */
  readonly manifest: string;
  /** Column names by class; a column is in one class. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
}

/** AMD products whose roots are pinned. */
export type AmdProduct = "Milan" | "Genoa" | "Turin";

/** What a workload may be. */
export interface Workload {
  /** `["simulated"]`, or AMD products. */
  readonly hardware: readonly ("simulated" | AmdProduct)[];
  /** Accepted HOST_DATA, each `sha256:`. */
  readonly host_data: readonly string[];
  /** Accepted MEASUREMENT, each `sha384:`. */
  readonly measurement: readonly string[];
  /** Cloud providers whose VLEKs are trusted, each exactly as `CN=cc-us-east-2.amazonaws.com`; without it none is. */
  readonly csp_id?: readonly string[];
  /** Lowest TCB per CPU model, `<family>-<model>` in hex; a model without a floor is refused. */
  readonly minimum_tcb: Readonly<Record<string, TcbFloor>>;
}

/** Lowest security version of each part of the firmware, each 0 to 255. */
export interface TcbFloor {
  readonly boot_loader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
  /** CPU family 1a (Turin) only, and there required. */
  readonly fmc?: number;
}

/** The word `anyone`, or X25519 keys, each `x25519:`. */
export type Recipients = "anyone" | readonly string[];

/** A query: aggregates or records. */
export type Query = AggregateQuery | RecordsQuery;

/** A query that gives groups and measures. */
export interface AggregateQuery {
  /** The workload that gets the keys. */
  readonly run_by: string;
  /** Datasets, one per party. */
  readonly over: readonly string[];
  /** The year that ages are subtracted from; required by the bucket `generations`. */
  readonly as_of?: number;
  readonly outputs: readonly Output[];
  readonly privacy: Privacy;
  readonly recipients: Recipients;
  readonly records?: never;
}

/** A query that gives the count of rows and the first rows as they are. */
export interface RecordsQuery {
  readonly run_by: string;
  /** Exactly one dataset. */
  readonly over: readonly string[];
  /** `show` rows, with these columns. */
  readonly records: { readonly show: number; readonly columns: readonly string[] };
  readonly recipients: Recipients;
  readonly outputs?: never;
}

/** What protects small groups. */
export interface Privacy {
  /** Groups of fewer rows are not named. */
  readonly minimum_group: number;
  /** Present: `min` and `max` are one person's exact value, not the `minimum_group`-th. */
  readonly extremes?: "exact";
}

/** What is measured of a group. */
export type Measure = "count" | "share" | "avg" | "min" | "max";

/** One list of the result. */
export interface Output {
  readonly name: string;
  readonly group_by: readonly Grouping[];
  /** The column that `avg`, `min` and `max` measure; rows without it are not counted. */
  readonly of?: string;
  readonly measures: readonly Measure[];
  /** Only the first n groups. */
  readonly top?: number;
  /** Groups the rows of each group that was kept once more, with the same measures. */
  readonly within?: NestedOutput;
}

/** The list inside each row of an output. */
export interface NestedOutput {
  readonly name: string;
  readonly group_by: readonly Grouping[];
  readonly top?: number;
}

/** A column, the word `party`, a column under another name, or a bucket of a column. */
export type Grouping =
  | string
  | { readonly column: string; readonly as: string }
  | { readonly bucket: string; readonly by: "generations"; readonly as: string };

/** The grouping that stands for the party that owns the row. */
export const PARTY = "party";
