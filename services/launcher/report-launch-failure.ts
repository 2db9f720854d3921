import { reasonOf } from "#mesh";
import { LaunchError } from "./launch-error.ts";

/** The stable code of a failure: ours, a library's, or what a service answered. */
const codeOf = (error: unknown): string | undefined => {
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^[A-Z][A-Z0-9_]+$/.test(error.code)
  )
    return error.code;
  return reasonOf(error)?.reason;
};

/**
 * Says a failure once, on stderr, with its stable code first.
 *
 * @returns the exit status: 2 when the words of the command were wrong, else 1
 */
export const reportLaunchFailure = (error: unknown): number => {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sealmesh: ${code ?? "UNEXPECTED"}: ${text}\n`);
  if (code === undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof LaunchError && error.code === "OPTION_INVALID" ? 2 : 1;
};
