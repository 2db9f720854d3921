/** One thing that was compared. */
export interface Check {
  /** A name of `words.checks`, or the report's own name of the field. */
  readonly name: string;
  readonly outcome: "holds" | "fails" | "not-reached";
  readonly expected?: string;
  readonly seen?: string;
  /** Why it fails: a stable code. */
  readonly code?: string;
}

/** Whether every check was made and holds; no check at all proves nothing. */
export const allHold = (checks: readonly Check[]): boolean =>
  checks.length > 0 && checks.every(({ outcome }) => outcome === "holds");

/** The checks in their order up to the one that fails; those after it were not reached. */
export const untilFailure = (names: readonly string[], failed: Check): readonly Check[] => {
  const at = names.indexOf(failed.name);
  return names.map((name, index): Check => {
    if (index === at) return failed;
    return { name, outcome: index < at ? "holds" : "not-reached" };
  });
};
