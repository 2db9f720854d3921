/** What the engine refuses. A refusal ends the run: there is no partial result. */
export type AggregationCode =
  /** The query groups or measures in a way that the engine cannot. */
  | "QUERY_UNSUPPORTED"
  /** A row group of a party that is not in the query's `over`. */
  | "PARTY_UNKNOWN"
  /** A row group lacks a column of the query. */
  | "COLUMN_MISSING"
  /** A column has not one cell per row, or a code that is not in its dictionary. */
  | "COLUMN_MALFORMED"
  /** A column holds text where numbers are needed, or numbers here and text there. */
  | "COLUMN_TYPE"
  /** More distinct values or groups than memory is meant for. */
  | "GROUPS_LIMITED"
  /** The aggregation was wiped. */
  | "AGGREGATION_WIPED";

/** An error of the engine; neither message nor data holds a cell. */
export class AggregationError extends Error {
  override readonly name = "AggregationError";
  readonly code: AggregationCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(code: AggregationCode, message: string, data: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
