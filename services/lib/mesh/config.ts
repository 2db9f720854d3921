import { readFileSync } from "node:fs";
import * as v from "valibot";

/** What is wrong with how a service was started. */
export type ConfigCode =
  /** A command-line option is missing. */
  | "OPTION_MISSING"
  /** The file cannot be read or is not JSON. */
  | "CONFIG_UNREADABLE"
  /** The file is not the configuration of this service; `data.problems` lists everything. */
  | "CONFIG_INVALID";

/** A service that was started wrongly. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code: ConfigCode;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ConfigCode, message: string, data: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

/**
 * The value of `--name VALUE` or `--name=VALUE`.
 *
 * @throws {ConfigError} OPTION_MISSING
 */
const optionOf = (argv: readonly string[], name: string): string => {
  const flag = `--${name}`;
  const joined = argv.find((word) => word.startsWith(`${flag}=`));
  const at = argv.indexOf(flag);
  const value = joined === undefined ? (at === -1 ? undefined : argv[at + 1]) : joined.slice(flag.length + 1);
  if (value === undefined || value === "" || value.startsWith("--"))
    throw new ConfigError("OPTION_MISSING", `${flag} needs a value`, { option: flag });
  return value;
};

/**
 * The party that a service runs as: `--party NAME`.
 *
 * @param argv the words after the program: `process.argv.slice(2)`
 * @throws {ConfigError} OPTION_MISSING, CONFIG_INVALID when it is not a party's name
 */
export const readParty = (argv: readonly string[]): string => {
  const party = optionOf(argv, "party");
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(party))
    throw new ConfigError("CONFIG_INVALID", `the party is ${JSON.stringify(party)}, want a lower-case name`, { party });
  return party;
};

const pathOf = (issue: v.BaseIssue<unknown>): string =>
  (issue.path ?? []).reduce(
    (path, { key }) => (typeof key === "number" ? `${path}[${key}]` : `${path}.${String(key)}`),
    "$",
  );

/**
 * Reads the JSON file that `--config FILE` names.
 *
 * @param argv the words after the program: `process.argv.slice(2)`
 * @throws {ConfigError}
 */
export const readConfig = <S extends v.GenericSchema>(schema: S, argv: readonly string[]): v.InferOutput<S> => {
  const file = optionOf(argv, "config");
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    // The parser quotes what it read, and a configuration may hold more than it should.
    const why = cause instanceof SyntaxError ? "not JSON" : String((cause as NodeJS.ErrnoException).code); // node:fs errors have a code
    throw new ConfigError("CONFIG_UNREADABLE", `${file} cannot be read: ${why}`, { file, why });
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => ({
    path: pathOf(issue),
    expected: issue.expected ?? issue.type,
    received: issue.received,
  }));
  const [first = { path: "$", expected: "", received: "" }] = problems;
  const rest = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  throw new ConfigError(
    "CONFIG_INVALID",
    `${file} is wrong at ${first.path}: expected ${first.expected}, found ${first.received}${rest}`,
    { file, problems },
  );
};
