// Which canonical status each refusal of a provider is. Total: a new code without a row does not compile.
import { Code } from "@connectrpc/connect";
import { libraryErrors, statusTable, type StatusTable } from "#mesh";
import { ProviderError } from "./provider-error.ts";

/** How every domain error of a provider goes over the wire. */
export const providerErrors: readonly StatusTable[] = [
  statusTable(
    ProviderError,
    {
      DIGEST_MALFORMED: Code.InvalidArgument,
      DATASET_UNKNOWN: Code.NotFound,
      PART_UNKNOWN: Code.NotFound,
      RANGE_INVALID: Code.OutOfRange,
      STORAGE_TRUNCATED: Code.DataLoss,
      QUERY_UNKNOWN: Code.NotFound,
      RECIPIENT_UNSUPPORTED: Code.InvalidArgument,
    },
    "provider.sealmesh",
  ),
  ...libraryErrors,
];
