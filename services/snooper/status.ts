import { Code } from "@connectrpc/connect";
import { libraryErrors, statusTable, type StatusTable } from "#mesh";
import { SnooperError } from "./snooper-error.ts";

/** How the snooper's errors go over the wire. */
export const snooperErrors: readonly StatusTable[] = [
  statusTable(
    SnooperError,
    {
      ATTACK_UNKNOWN: Code.NotFound,
      RATE_LIMITED: Code.ResourceExhausted,
      ATTACK_UNPREPARED: Code.FailedPrecondition,
    },
    "snooper.sealmesh",
  ),
  ...libraryErrors,
];
