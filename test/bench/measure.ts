/** Milliseconds of CPU for one call. */
export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly least: number;
  readonly most: number;
}

/** Something to measure: one call of it, and how many calls make one round. */
export interface Contestant {
  readonly name: string;
  readonly calls: number;
  readonly run: () => unknown;
}

/** Median and spread of some numbers. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), lowerQuartile: at(0.25), upperQuartile: at(0.75), least: at(0), most: at(1) };
}

/**
 * Measures contestants in turn, round by round, so that whatever slows the machine slows them all. Gives the milliseconds of CPU of one
 * call in each round: of all threads of the process, because WebCrypto works in threads of its own. The first rounds are not counted.
 */
export async function measureInTurn(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<readonly (readonly number[])[]> {
  const warmUp = Math.max(3, Math.ceil(rounds / 4));
  const costs = contestants.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [index, contestant] of contestants.entries()) {
      const cost = await cpuOf(contestant);
      if (round >= 0) costs[index]?.push(cost);
    }
  }
  return costs;
}

async function cpuOf({ calls, run }: Contestant): Promise<number> {
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / calls;
}
