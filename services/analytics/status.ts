// Which canonical status each failure of a run is. Total: a new code without a row does not compile.
import { Code } from "@connectrpc/connect";
import { libraryErrors, statusTable, type StatusTable } from "#mesh";
import { AnalyticsError } from "./analytics-error.ts";
import { AggregationError } from "./engine/index.ts";

/** How every domain error of the analytics service goes over the wire. */
export const analyticsErrors: readonly StatusTable[] = [
  statusTable(
    AnalyticsError,
    {
      REQUEST_MALFORMED: Code.InvalidArgument,
      RECIPIENT_UNSUPPORTED: Code.InvalidArgument,
      QUERY_UNKNOWN: Code.NotFound,
      RUNS_LIMITED: Code.ResourceExhausted,
      RUN_UNKNOWN: Code.NotFound,
      RUN_NOT_FINISHED: Code.FailedPrecondition,
      RUN_CANCELLED: Code.Canceled,
    },
    "analytics.sealmesh",
  ),
  // The parser of contracts and the reader of seals let nothing through that the engine refuses: our bug, or a broken dataset.
  statusTable(
    AggregationError,
    {
      QUERY_UNSUPPORTED: Code.FailedPrecondition,
      PARTY_UNKNOWN: Code.Internal,
      COLUMN_MISSING: Code.DataLoss,
      COLUMN_TYPE: Code.DataLoss,
      COLUMN_MALFORMED: Code.DataLoss,
      GROUPS_LIMITED: Code.ResourceExhausted,
      AGGREGATION_WIPED: Code.Internal,
    },
    "analytics.sealmesh",
  ),
  ...libraryErrors,
];
