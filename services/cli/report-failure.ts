// A failed command, said once: on stderr, with its stable code first.

/** The code of a domain error; errors that are none of ours have no code that could be relied on. */
const codeOf = (error: Error): string =>
  "code" in error && typeof error.code === "string" && /^[A-Z][A-Z0-9_]+$/.test(error.code) ? error.code : "UNEXPECTED";

/** Writes `sealmesh: CODE: message`. */
export const reportFailure = (error: unknown): void => {
  const text = error instanceof Error ? `${codeOf(error)}: ${error.message}` : String(error);
  process.stderr.write(`sealmesh: ${text}\n`);
};
