// The run that a reload of the page takes up again.

/** Where the tab keeps it. */
export type RunStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const keyOf = (analysis: string): string => `sealmesh.run.${analysis}`;

/** The id of the run of an analysis that was kept. */
export const keptRun = (store: RunStore, analysis: string): string | undefined => {
  const run = store.getItem(keyOf(analysis));
  return run !== null && /^[0-9a-f]{32}$/.test(run) ? run : undefined;
};

/** Keeps the id of a run. */
export const keepRun = (store: RunStore, analysis: string, run: string): void => store.setItem(keyOf(analysis), run);

/** Forgets the run of an analysis. */
export const forgetRun = (store: RunStore, analysis: string): void => store.removeItem(keyOf(analysis));
