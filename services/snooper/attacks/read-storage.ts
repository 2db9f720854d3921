import type { Attack } from "../attack.ts";
import { longestTextByChance, RANDOM_WINDOW_BITS, type ByteStatistics } from "../byte-statistics.ts";
import { describeAttempt, outcomeOf, type Attempt } from "../attempt.ts";
import { readStructure, type SealedStructure } from "../sealed-structure.ts";
import { unprepared } from "../snooper-error.ts";
import { partPath, storedDatasets, type StoredDataset } from "../stored-datasets.ts";
import { readStatistics } from "../stored-objects.ts";

const bits = (value: number | undefined): string => (value === undefined ? "too short to say" : value.toFixed(3));

/** What gives a part away: anything that a stranger can read of the data. */
const betrayed = (statistics: ByteStatistics, structure: SealedStructure): readonly string[] => {
  const { sizeBytes, leastWindow, longestText } = statistics;
  const found: string[] = [];
  if (structure.notPlain === null) found.push("it opens as plain Parquet");
  if (leastWindow !== undefined && leastWindow < RANDOM_WINDOW_BITS)
    found.push(`a kilobyte of it has ${bits(leastWindow)} bits per byte`);
  if (longestText.length > longestTextByChance(sizeBytes))
    found.push(`it holds the text ${JSON.stringify(longestText)}`);
  return found;
};

const readPart = async (dataset: StoredDataset, part: number): Promise<Attempt> => {
  const path = partPath(dataset, part);
  const structure = await readStructure(path);
  const statistics = await readStatistics(path, structure.keyMetadata ?? undefined);
  const attempt = `read part ${part} of ${dataset.manifest.dataset}, version ${dataset.manifest.version}`;
  const found = betrayed(statistics, structure);
  if (found.length > 0) return { verdict: "succeeded", attempt, gained: found.join("; ") };
  const { sizeBytes, entropy, leastWindow, longestText } = statistics;
  const isSealed = structure.modules !== null && structure.keyMetadata !== null;
  return {
    verdict: isSealed ? "denied" : "inconclusive",
    attempt,
    reason: isSealed ? "CIPHERTEXT" : "FORM_UNKNOWN",
    explanation: [
      `${sizeBytes} bytes with ${bits(entropy)} bits per byte, the least kilobyte ${bits(leastWindow)}`,
      `the longest text outside the key metadata is ${longestText.length} characters, ${longestTextByChance(sizeBytes)} come up by chance`,
      `opened as plain Parquet: ${structure.notPlain}`,
    ].join("; "),
  };
};

/** What does leak, told of one dataset version. */
const leaks = async (dataset: StoredDataset): Promise<string> => {
  const { manifest } = dataset;
  const { modules, keyMetadata } = await readStructure(partPath(dataset, 0));
  const columns = manifest.schema.map((column) => `${column.name} (${column.type}, class ${column.class})`).join(", ");
  const size = manifest.parts.reduce((sum, part) => sum + part.size, 0);
  return [
    `${manifest.dataset} version ${manifest.version}: ${manifest.rows} rows, ${size} bytes in ${manifest.parts.length} parts`,
    `columns ${columns}`,
    `${modules?.length ?? 0} encrypted modules in part 0 and the size of each`,
    `the name of the footer's class key, ${keyMetadata?.masterKeyId ?? "none"}`,
  ].join("; ");
};

/** Reads what lies in the storage. */
export const readStorage: Attack = {
  id: "read-storage",
  title: "Reads every sealed part in the storage and looks for anything that makes sense",
  defence: "The parts are encrypted Parquet: without data keys their bytes are as good as random",
  applies: () => true,
  async *run({ storage }) {
    const datasets = await storedDatasets(storage);
    const attempts: Attempt[] = [];
    for (const dataset of datasets) {
      yield `reading ${dataset.manifest.dataset}, version ${dataset.manifest.version}: its manifest is for everyone to read`;
      for (const { part } of dataset.manifest.parts) {
        const made = await readPart(dataset, part);
        attempts.push(made);
        yield describeAttempt(made);
      }
    }
    if (attempts.length === 0) throw unprepared("no sealed part lies in the storage");
    const leaked = await Promise.all(datasets.map(leaks));
    return outcomeOf(attempts, `no cell of the data; what does leak: ${leaked.join(" | ")}`);
  },
};
