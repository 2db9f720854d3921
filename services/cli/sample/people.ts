// Draws synthetic people from a seed: skewed and correlated as real ones are, and nobody's data.
//
// Countries and cities follow Zipf's law; pay follows country and age with a long tail; eye colour follows country. The same
// seed gives the same people on every machine: integer arithmetic only decides the draws.
import { countries, eyeColors, familyNames, favoriteColors, givenNames, streets, type Country } from "./world.ts";

/** One synthetic person; an empty string is a missing value. */
export interface Person {
  readonly name: string;
  readonly phone: string;
  readonly age: string;
  readonly salary: string;
  readonly eye_color: string;
  readonly favorite_color: string;
  readonly address: string;
  readonly postal_code: string;
  readonly city: string;
  readonly country: string;
}

/** Whole numbers from 0 to below `bound`, from a 32-bit seed (a Weyl sequence through a 32-bit mixer). */
const createDraw = (seed: number): ((bound: number) => number) => {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound;
  };
};

type Draw = ReturnType<typeof createDraw>;

/** Draws from a list by Zipf's law: the n-th entry has weight 1/n. */
const zipf = <T>(draw: Draw, list: readonly T[]): T => {
  const weights = list.map((_, rank) => Math.floor(1_000_000 / (rank + 1)));
  let point = draw(weights.reduce((sum, weight) => sum + weight, 0));
  for (const [rank, weight] of weights.entries()) {
    if (point < weight) return list[rank] as T; // rank is an index of list
    point -= weight;
  }
  throw new RangeError("the point lies within the sum of the weights");
};

const pick = <T>(draw: Draw, list: readonly T[]): T => list[draw(list.length)] as T; // draw stays below the length

const digits = (draw: Draw, count: number): string => Array.from({ length: count }, () => draw(10)).join("");

/** Rises with age until 55, falls a little after, and has a long tail upwards. */
const payOf = (draw: Draw, country: Country, age: number): number => {
  const experience = 60 + Math.min(age, 55) - Math.max(0, age - 55) / 2;
  const spread = 60 + draw(60) + (draw(12) === 0 ? draw(200) : 0);
  return Math.round((country.pay * experience * spread) / 100 / 90 / 100) * 100;
};

/**
 * Draws people without end.
 *
 * @param options.seed any whole number; equal seeds give equal people
 * @param options.youngest the least age
 * @param options.oldest the greatest age
 */
export function* people(options: {
  readonly seed: number;
  readonly youngest: number;
  readonly oldest: number;
}): Generator<Person> {
  const draw = createDraw(options.seed);
  for (;;) {
    const country = zipf(draw, countries);
    // Two draws averaged: most people are in the middle of their working life.
    const span = options.oldest - options.youngest + 1;
    const age = options.youngest + Math.floor((draw(span) + draw(span)) / 2);
    // Where people are mostly brown-eyed, the list starts anew with brown half of the time.
    const brown =
      ["India", "Japan", "Brazil", "South Korea", "Nigeria", "Mexico"].includes(country.name) && draw(4) > 0;
    yield {
      name: `${pick(draw, givenNames)} ${pick(draw, familyNames)}`,
      phone: `${country.dialling} ${digits(draw, 3)} ${digits(draw, 3)} ${digits(draw, 4)}`,
      age: String(age),
      salary: draw(25) === 0 ? "" : String(payOf(draw, country, age)),
      eye_color: brown ? "Brown" : zipf(draw, eyeColors),
      favorite_color: draw(20) === 0 ? "" : zipf(draw, favoriteColors),
      address: `${1 + draw(240)} ${pick(draw, streets)}`,
      postal_code: digits(draw, 5),
      city: zipf(draw, country.cities),
      country: country.name,
    };
  }
}
