// `sealmesh sample`: writes synthetic people as one of the two companies keeps them.
import { Option, type Command } from "commander";
import { stringify } from "./csv-text.ts";
import { writeWhole } from "../files.ts";
import { people, type Person } from "./people.ts";

/** How a company's file names the columns that both share, and what else it has: a value from the row's number. */
interface Layout {
  readonly youngest: number;
  readonly oldest: number;
  readonly columns: readonly (readonly [header: string, value: keyof Person | ((row: number) => string)])[];
}

const departments = ["Engineering", "Sales", "Operations", "Finance"] as const;

const layouts = {
  employees: {
    youngest: 19,
    oldest: 67,
    columns: [
      ["employee_number", (row) => String(10_001 + row)],
      ["name", "name"],
      ["phone", "phone"],
      ["age", "age"],
      ["department", (row) => departments[row % departments.length] ?? ""],
      ["salary", "salary"],
      ["eye_color", "eye_color"],
      ["favorite_color", "favorite_color"],
      ["address", "address"],
      ["postal_code", "postal_code"],
      ["office_city", "city"],
      ["office_country", "country"],
    ],
  },
  customers: {
    youngest: 14,
    oldest: 84,
    columns: [
      ["customer", "name"],
      ["mobile", "phone"],
      ["age", "age"],
      ["eyes", "eye_color"],
      ["preferred_color", "favorite_color"],
      ["yearly_income", "salary"],
      ["ship_to_street", "address"],
      ["ship_to_zip", "postal_code"],
      ["ship_to_city", "city"],
      ["ship_to_country", "country"],
      ["customer_since", (row) => String(2015 + (row % 11))],
      [
        "last_order",
        (row) => `2026-${String(1 + (row % 10)).padStart(2, "0")}-${String(1 + (row % 28)).padStart(2, "0")}`,
      ],
    ],
  },
} as const satisfies Record<string, Layout>;

const csvOf = (kind: keyof typeof layouts, rows: number, seed: number): string => {
  const layout: Layout = layouts[kind];
  const lines = [stringify(layout.columns.map(([header]) => header))];
  const source = people({ seed, youngest: layout.youngest, oldest: layout.oldest });
  for (let row = 0; row < rows; row += 1) {
    const person = source.next().value;
    if (person === undefined) break;
    lines.push(stringify(layout.columns.map(([, value]) => (typeof value === "string" ? person[value] : value(row)))));
  }
  return lines.join("");
};

/** Adds `sealmesh sample`. */
export const addSampleCommand = (program: Command, wholeNumber: (text: string) => number): void => {
  program
    .command("sample")
    .summary("write synthetic people as CSV")
    .description("Writes synthetic people, skewed and correlated as real ones are; the same seed gives the same file.")
    .addOption(new Option("--people <kind>", "whose file").choices(Object.keys(layouts)).makeOptionMandatory())
    .requiredOption("--rows <n>", "how many", wholeNumber)
    .requiredOption("--seed <n>", "any whole number", wholeNumber)
    .requiredOption("--out <file>", "the CSV file to write")
    .addHelpText("after", "\nExample: sealmesh sample --people employees --rows 50 --seed 16 --out employees.csv")
    .action((options: { people: keyof typeof layouts; rows: number; seed: number; out: string }) => {
      // Synthetic, and kept as real people would be.
      writeWhole(options.out, csvOf(options.people, options.rows, options.seed), { mode: 0o600 });
    });
};
