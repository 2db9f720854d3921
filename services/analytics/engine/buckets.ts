/** Generations by the last birth year of each, oldest first. A bucket's code is its index here. */
const generations = [
  { name: "Silent", until: 1945 },
  { name: "Baby Boomers", until: 1964 },
  { name: "Gen X", until: 1980 },
  { name: "Millennials", until: 1996 },
  { name: "Gen Z", until: 2012 },
  { name: "Gen Alpha", until: Number.POSITIVE_INFINITY },
] as const;

/** Names of the generations, by code. */
export const generationNames: readonly string[] = generations.map(({ name }) => name);

/** The code of the generation of people of an age, in years, in the year `asOf`. No age is refused. */
export function generationOf(age: number, asOf: number): number {
  const born = asOf - age;
  let code = 0;
  while (born > (generations[code]?.until ?? born)) code++;
  return code;
}
