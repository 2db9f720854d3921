// People for tests of a whole run: every trap of CSV and of counting in one file, the same for the same seed.
const HEADER = "name,phone,age,salary,eye_color,favorite_color,address,postal_code,city,country";

// mulberry32: 32 bits of state are enough to shuffle test data.
const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

// The last two differ in the order of code points and of UTF-16 units; what follows a name of Object.prototype has to be a name like any other.
const NAMES = [
  "Ada",
  "__proto__",
  "constructor",
  "Zoë",
  'O\'Neill, "Pat"',
  "two\nlines",
  "张伟",
  "\u{1f600}",
  "\uff5e",
];
const EYES = ["Brown", "Blue", "Green", "toString", "hasOwnProperty", "Bräun", "\u{1f600}", "\uff5e"];
const COLORS = ["Red", "Blue", "__proto__", 'say "blue"', "green, light", "\u{1f7e6}\u{1f7e6}", "re\u0301d", "réd"];

/** Countries with one, two, three rows and so on: on both sides of any small threshold. */
const RARE = Array.from({ length: 8 }, (_, at) => ({ country: `Rare ${at + 1}`, rows: at + 1 }));
/** Many countries with the same number of rows, so that the order of names decides who is in the top ten. */
const TIED = [
  "__proto__",
  "Zanzibar",
  "zanzibar",
  "\uff5e land",
  "\u{1f600} land",
  "Österreich",
  "Osterreich",
  "日本",
  "Côte d'Ivoire",
];
const TIED_ROWS = 250;
const COMMON = ["United States", "India", "France", "Brazil"];

const citiesOf = (country: string): readonly string[] => [
  // In every country there is one of these, and they are not the same city.
  ..."Springfield|Paris|Washington, D.C.|two\nlines".split("|"),
  `${country} City`,
  `New ${country}`,
];

const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Ages of which the shares of 10,000 come out in the middle between two decimals.
 * Oldest to youngest: 1,005 of 10,000 is 10.05 percent, and half to even gives 10.0.
 */
const GENERATIONS: readonly (readonly [from: number, to: number, rows: number])[] = [
  [81, 120, 1_005],
  [62, 80, 1_015],
  [46, 61, 2_525],
  [30, 45, 3_035],
  [14, 29, 1_995],
  [0, 13, 425],
];

const ages = (rows: number, missing: boolean, random: () => number): readonly string[] => {
  const list = GENERATIONS.flatMap(([from, to, share]) =>
    Array.from(
      { length: Math.round((share * rows) / 10_000) },
      () => `${from + Math.floor(random() * (to - from + 1))}`,
    ),
  );
  const filled = Array.from({ length: rows }, (_, at) => list[at % list.length] ?? "");
  return filled.map((age) => (missing && random() < 0.07 ? "" : age));
};

const salaryOf = (random: () => number): string => {
  const lot = random();
  if (lot < 0.05) return "";
  if (lot < 0.12) return "0";
  if (lot < 0.4) return `${Math.floor(random() * 20) * 5_000}`; // ties
  if (lot < 0.401) return "2147483647";
  return `${Math.floor(random() ** 3 * 400_000)}`;
};

/**
 * Writes a CSV text of so many rows, at least 5,000.
 *
 * @param options.missingAges whether some ages are empty
 * @param options.form how spreadsheets write it: with a byte order mark and CRLF
 */
export const peopleCsv = (
  rows: number,
  options: { readonly seed: number; readonly missingAges: boolean; readonly form?: "spreadsheet" },
): string => {
  const { seed, missingAges, form } = options;
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[], fallback: T): T => from[Math.floor(random() * from.length)] ?? fallback;
  const countries = [
    ...RARE.flatMap(({ country, rows: count }) => Array.from({ length: count }, () => country)),
    ...TIED.flatMap((country) => Array.from({ length: TIED_ROWS }, () => country)),
    ...Array.from({ length: 100 }, () => ""),
  ];
  while (countries.length < rows) countries.push(COMMON[Math.floor(random() ** 2 * COMMON.length)] ?? "India");
  const column = ages(rows, missingAges, random);
  const order = countries.map((country) => ({ country, at: random() })).toSorted((a, b) => a.at - b.at);
  const lines = order.map(({ country }, row) => {
    const city = random() < 0.04 ? "" : pick(citiesOf(country), "");
    const eye = random() < 0.03 ? "" : pick(EYES, "Brown");
    const color = random() < 0.03 ? "" : pick(COLORS, "Red");
    const name = `${pick(NAMES, "Ada")} ${row}`;
    const phone = random() < 0.1 ? "" : `+1 555 ${String(row).padStart(7, "0")}`;
    const cells = [
      name,
      phone,
      column[row] ?? "",
      salaryOf(random),
      eye,
      color,
      `${row} Main St, "rear"`,
      `0${row}`,
      city,
      country,
    ];
    return cells.map(cell).join(",");
  });
  const [start, end] = form === "spreadsheet" ? ["\ufeff", "\r\n"] : ["", "\n"];
  return start + [HEADER, ...lines, ""].join(end);
};
