// Every way in which anyone can have a TEE open stored data: an analysis, or an owner's own records.
import { targetsOf, type AttackContext } from "./attack.ts";
import { knownQueries, type KnownQuery } from "./known-queries.ts";
import { openRecords, runAnalysis } from "./runs.ts";
import { unprepared } from "./snooper-error.ts";
import { storedDatasets, type StoredDataset } from "./stored-datasets.ts";

/** A stored dataset and a way to have it opened. */
export interface Opening {
  readonly dataset: StoredDataset;
  /** What opens it, in words. */
  readonly what: string;
  /**
   * Has it opened.
   *
   * @returns what came of it, in words
   * @throws {ConnectError} the refusal
   */
  readonly open: () => Promise<string>;
}

type Open = (dataset: string) => Promise<string>;

const openByAnalysis = (context: AttackContext, { contract, name, query }: KnownQuery): Open | undefined => {
  const analytics = targetsOf(context, "analytics").find(({ label }) => label === query.run_by);
  const analysis = context.analyses.find((known) => known.contract === contract.contract && known.query === name);
  if (analytics === undefined || analysis === undefined) return undefined;
  return async () => {
    const { document } = await runAnalysis(context, analytics, analysis);
    return `the run ended well, with a result of ${document.length} characters`;
  };
};

const openByRecords = (context: AttackContext, { contract, name, query }: KnownQuery): Open | undefined => {
  const provider = targetsOf(context, "provider").find(({ label }) => label === query.run_by);
  if (provider === undefined || query.records === undefined) return undefined;
  return (dataset) => openRecords(context, provider, { contract: contract.contract, query: name, dataset });
};

/**
 * The openings of everything that a query reads, in the order of contracts and queries.
 *
 * @throws {SnooperError} ATTACK_UNPREPARED when there is none
 */
export const openingsOf = async (context: AttackContext): Promise<readonly Opening[]> => {
  const [queries, stored] = [await knownQueries(context), await storedDatasets(context.storage)];
  const openings = queries.flatMap((known) => {
    const { contract, name, query } = known;
    const open = openByAnalysis(context, known) ?? openByRecords(context, known);
    if (open === undefined) return [];
    return query.over.flatMap((dataset): readonly Opening[] => {
      const version = stored.find(({ digest }) => digest === contract.datasets[dataset]?.manifest);
      if (version === undefined) return [];
      return [{ dataset: version, what: `${contract.contract}/${name}`, open: () => open(dataset) }];
    });
  });
  if (openings.length === 0) throw unprepared("no query reads a dataset that lies in the storage");
  return openings;
};
